/**
 * How alike each layer of a student and each tensor of its teacher are, as a heat map that follows the training. It is a
 * table with its numbers, so that it reads the same to whoever sees no colour.
 */
import { useEffect, useState } from 'react';
import type { ErrorDetail } from '../../spec/errors.ts';
import type { HiddenSpec } from '../../spec/runSpec.ts';
import { askSimilarity } from '../../store/questions.ts';
import type { Run } from '../../store/run.ts';
import type { SimilarityAt } from '../../store/runLog.ts';
import { useController, useRun, useScene } from '../appContext.tsx';
import { count, fixed, t } from '../text.ts';
import { ArmChoice, armOf } from './ArmChoice.tsx';
import { l } from './words.ts';

export function SimilarityMap({ pairs }: { pairs: HiddenSpec['pairs'] }) {
  const run = useRun();
  const log = useScene(run);
  const [on, setOn] = useState(false);
  const [chosen, setChosen] = useState<number | null>(null);
  const failure = useComparison(on ? run : null);
  const found = on ? (log?.similarity ?? null) : null;
  return (
    <div className="similarity">
      <label className="check">
        <input type="checkbox" checked={on} onChange={(event) => setOn(event.currentTarget.checked)} />
        <span>{l('similarity.on')}</span>
      </label>
      {on && failure !== null ? <p className="hint">{failure}</p> : null}
      {run === null || found === null ? null : (
        <>
          {run.spec.arms.length > 1 ? (
            <ArmChoice run={run} arm={armOf(run, chosen)} onChange={setChosen} />
          ) : null}
          <HeatTable found={found} arm={armOf(run, chosen)} pairs={pairs} />
        </>
      )}
    </div>
  );
}

/** Asks the engine for the map of this run as long as it is wanted; says in words why there is none. */
function useComparison(run: Run | null): string | null {
  const controller = useController();
  const [failure, setFailure] = useState<string | null>(null);
  const ready = run !== null && run.facts !== null && run.origin === 'live';
  const id = ready ? run.id : null;
  useEffect(() => {
    if (id === null) return;
    let left = false;
    void controller
      .askRun((live) => askSimilarity(live, true))
      .then((answer) => {
        if (!left) setFailure(answer === true ? null : sayWhy(answer));
      });
    return () => {
      left = true;
      void controller.askRun((live) => askSimilarity(live, false));
    };
  }, [id, controller]);
  return run === null || ready ? failure : l('similarity.live');
}

function sayWhy(answer: ErrorDetail | null): string {
  if (answer === null) return l('similarity.live');
  return answer.wanted === undefined ? answer.problem : `${answer.problem}: ${answer.wanted}`;
}

interface HeatProps {
  readonly found: SimilarityAt;
  readonly arm: number;
  readonly pairs: HiddenSpec['pairs'];
}

function HeatTable({ found: { step, picture }, arm, pairs }: HeatProps) {
  const { layers, tensors, rows } = picture;
  const values = picture.arms[arm];
  if (values === undefined) return null;
  const matched = (layer: number, tensor: string) =>
    pairs.some((pair) => pair.student === layer && pair.teacher === tensor);
  return (
    <>
      <div className="heat-frame">
        <table className="heat">
          <caption>{l('similarity.caption', { step: count(step), rows: count(rows) })}</caption>
          <thead>
            <tr>
              <th scope="col">{t('hidden.teacher')}</th>
              {layers.map((width, layer) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a layer is its place
                <th key={layer} scope="col" title={t('hidden.layer', { n: layer + 1, width })}>
                  {l('similarity.layer', { n: layer + 1 })}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {tensors.map((tensor, at) => (
              <tr key={tensor}>
                <th scope="row" title={tensor}>
                  {tensor}
                </th>
                {layers.map((_, layer) => {
                  const value = values[layer * tensors.length + at] ?? Number.NaN;
                  return (
                    <td
                      // biome-ignore lint/suspicious/noArrayIndexKey: a layer is its place
                      key={layer}
                      className={matched(layer, tensor) ? 'is-pair' : undefined}
                      style={{ '--heat': heat(value) } as React.CSSProperties}
                    >
                      {fixed(value, 2)}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="hint">{l('similarity.about')}</p>
    </>
  );
}

/** 0 to 60 %: a tint under a number that stays readable on it. */
function heat(value: number): string {
  return `${Math.round(60 * (Number.isFinite(value) ? Math.min(1, Math.max(0, value)) : 0))}%`;
}
