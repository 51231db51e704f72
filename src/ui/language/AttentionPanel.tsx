/**
 * What each model looks at in the text that is shown: a small map for each head of a layer, read down, looked at across.
 * The same is told in words, since a map is only tones.
 */
import { useEffect, useId, useRef, useState } from 'react';
import type { Reply } from '../../protocol/events.ts';
import type { AttentionMap } from '../../protocol/texts.ts';
import { askAttention } from '../../store/questions.ts';
import type { Run } from '../../store/run.ts';
import { useController, useScene } from '../appContext.tsx';
import { ErrorFacts } from '../ErrorFacts.tsx';
import { armName, cssColour } from '../palette.ts';
import { percent, t } from '../text.ts';
import { useResolvedTheme } from '../useResolvedTheme.ts';
import { FoldedPanel } from './FoldedPanel.tsx';
import { useAnswer } from './useAnswer.ts';
import { tokenWord, w } from './words.ts';

export function AttentionPanel({ run }: { run: Run }) {
  return (
    <FoldedPanel id="attend-title" title="attend.title">
      <Opened run={run} />
    </FoldedPanel>
  );
}

function Opened({ run }: { run: Run }) {
  const controller = useController();
  if (run.origin !== 'live' || !controller.canAsk) return <p className="quiet">{w('attend.recorded')}</p>;
  if (run.spec.student.kind !== 'transformer') return <p className="quiet">{w('attend.none')}</p>;
  return <Maps run={run} />;
}

type Attention = Extract<Reply, { kind: 'attention' }>;

interface Choice {
  readonly who: string;
  readonly map: AttentionMap;
}

function Maps({ run }: { run: Run }) {
  const id = useId();
  const log = useScene(run);
  const [chosen, setChosen] = useState(0);
  const at = log?.text;
  const answer = useAnswer(`${at?.step} ${at?.picture.text}`, askAttention);
  const found = answer.value;
  if (answer.failed !== null) return <ErrorFacts detail={answer.failed} />;
  if (found === null || at === null || at === undefined) return <p className="quiet">{w('write.asking')}</p>;
  const choices = choicesOf(run, found);
  const choice = choices[Math.min(chosen, choices.length - 1)];
  if (choice === undefined) return <p className="quiet">{w('attend.none')}</p>;
  const tokens = Array.from(at.picture.inputs.subarray(0, found.n), (token) =>
    tokenWord(run.facts?.classNames, token),
  );
  return (
    <div className="attention">
      <p className="hint">{w('attend.about', { n: found.n })}</p>
      <div className="strip-arm">
        <label htmlFor={id}>{w('attend.choose')}</label>
        <select id={id} value={chosen} onChange={(event) => setChosen(Number(event.currentTarget.value))}>
          {choices.map(({ who, map }, i) => (
            <option key={`${who} ${map.name}`} value={i}>
              {`${who}, ${layerName(map)}`}
            </option>
          ))}
        </select>
      </div>
      <div className="attention-heads">
        {Array.from({ length: choice.map.heads }, (_, head) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a head is its place
          <HeadMap key={head} choice={choice} head={head} n={found.n} tokens={tokens} />
        ))}
      </div>
      {found.teacher.length > 0 || run.spec.teacher.source === 'none' ? null : (
        <p className="hint">{w('attend.noneOfTeacher')}</p>
      )}
    </div>
  );
}

function choicesOf(run: Run, { arms, teacher }: Attention): readonly Choice[] {
  return [
    ...arms.flatMap((maps, arm) => maps.map((map) => ({ who: armName(run.spec.arms, arm), map }))),
    ...teacher.map((map) => ({ who: t('arm.teacher'), map })),
  ];
}

function layerName({ name }: AttentionMap): string {
  return /^\d+$/.test(name) ? w('attend.layer', { name }) : name;
}

interface HeadProps {
  readonly choice: Choice;
  readonly head: number;
  readonly n: number;
  readonly tokens: readonly string[];
}

const cell = 12;

function HeadMap({ choice: { who, map }, head, n, tokens }: HeadProps) {
  const ref = useRef<HTMLCanvasElement>(null);
  const theme = useResolvedTheme();
  const weights = map.weights.subarray(head * n * n, (head + 1) * n * n);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme changes what the style sheet says
  useEffect(() => {
    const context = ref.current?.getContext('2d') ?? null;
    if (context === null) return;
    context.clearRect(0, 0, n * cell, n * cell);
    context.fillStyle = cssColour('--sunken');
    for (let i = 0; i < n; i++) context.fillRect(0, i * cell, (i + 1) * cell, cell);
    context.fillStyle = cssColour('--ink');
    weights.forEach((weight, at) => {
      context.globalAlpha = weight;
      context.fillRect((at % n) * cell, Math.floor(at / n) * cell, cell - 1, cell - 1);
    });
    context.globalAlpha = 1;
  }, [weights, n, theme]);
  const name = w('attend.head', { who, layer: layerName(map), head: head + 1 });
  return (
    <figure className="attention-head">
      <figcaption>{w('attend.headShort', { head: head + 1 })}</figcaption>
      <div className="attention-map" style={{ ['--n' as string]: n }}>
        <ol className="attention-rows" aria-hidden="true">
          {tokens.map((token, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a token is its place
            <li key={i}>{token}</li>
          ))}
        </ol>
        <canvas
          ref={ref}
          width={n * cell}
          height={n * cell}
          role="img"
          aria-label={w('attend.described', { name, rows: inWords(weights, n, tokens) })}
        />
        <ol className="attention-columns" aria-hidden="true">
          {tokens.map((token, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a token is its place
            <li key={i}>{token}</li>
          ))}
        </ol>
      </div>
    </figure>
  );
}

/** Each token with the one that it looks at most. */
function inWords(weights: Float32Array, n: number, tokens: readonly string[]): string {
  return tokens
    .map((token, i) => {
      const row = weights.subarray(i * n, (i + 1) * n);
      const most = row.indexOf(Math.max(...row));
      return w('attend.rowSum', { token, most: tokens[most] ?? '', share: percent(row[most] ?? 0, 0) });
    })
    .join('. ');
}
