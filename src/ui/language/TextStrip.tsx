/**
 * A held-out text as a strip of tokens, each underlined by how far a student is from its teacher there, or by its surprise
 * where there is no teacher: by width and tone, with the number for screen readers. A token is chosen for the hero.
 */
import { useId, useRef, useState } from 'react';
import type { TextPicture } from '../../protocol/texts.ts';
import { askWatch } from '../../store/questions.ts';
import type { Run } from '../../store/run.ts';
import { strengthOf, underlined, underlineOf, underlineSteps } from '../../store/texts.ts';
import { useController, useScene } from '../appContext.tsx';
import { armName } from '../palette.ts';
import { count, figures } from '../text.ts';
import { useView } from '../useView.ts';
import { tokenText, tokenWord, w } from './words.ts';

export function TextStrip({ run }: { run: Run }) {
  const log = useScene(run);
  const [chosen, setChosen] = useState<number | null>(null);
  const picture = log?.text?.picture;
  const distilled = run.spec.arms.findIndex(({ kind }) => kind === 'distilled');
  const arm = Math.min(chosen ?? Math.max(0, distilled), run.spec.arms.length - 1);
  if (picture === undefined) {
    return <p className="card empty quiet">{w('strip.none')}</p>;
  }
  const underline = underlineOf(picture);
  return (
    <section className="card stage is-first text-strip" aria-labelledby="strip-title">
      <header className="stage-head">
        <h2 id="strip-title">{w('strip.title')}</h2>
        <Which run={run} picture={picture} />
      </header>
      <p className="hint">{w(`strip.${underline}`)}</p>
      <Tokens run={run} picture={picture} arm={arm} />
      <footer className="strip-foot">
        <Legend picture={picture} />
        {run.spec.arms.length < 2 ? null : <ArmChoice run={run} arm={arm} onChoose={setChosen} />}
      </footer>
    </section>
  );
}

function Tokens({ run, picture, arm }: { run: Run; picture: TextPicture; arm: number }) {
  const { view, setView } = useView();
  const group = useRef<HTMLDivElement>(null);
  const names = run.facts?.classNames;
  const values = underlined(picture, arm);
  const underline = underlineOf(picture);
  const n = picture.labels.length;
  const current = Math.min(view.sample, n - 1);
  const choose = (position: number) => {
    const to = Math.max(0, Math.min(n - 1, position));
    setView({ sample: to });
    group.current?.querySelectorAll('button')[to]?.focus();
  };
  const move = (event: React.KeyboardEvent) => {
    const to = { ArrowRight: current + 1, ArrowLeft: current - 1, Home: 0, End: n - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    choose(to);
  };
  return (
    <div ref={group} className="tokens" role="group" aria-label={w('strip.tokens')} onKeyDown={move}>
      {Array.from(picture.labels, (label, position) => {
        const value = values[position] ?? 0;
        const token = tokenWord(names, label);
        return (
          <button
            // biome-ignore lint/suspicious/noArrayIndexKey: a token is its place
            key={position}
            type="button"
            className={`token is-${strengthOf(value, underline)}`}
            tabIndex={position === current ? 0 : -1}
            aria-pressed={position === current}
            aria-label={w(`strip.${underline}At`, { token, value: figures(value) })}
            title={w('strip.here', { token, value: figures(value) })}
            onClick={() => choose(position)}
          >
            {tokenText(names, label)}
          </button>
        );
      })}
    </div>
  );
}

/** The same lines as under the tokens, with what they stand for. */
function Legend({ picture }: { picture: TextPicture }) {
  const steps = underlineSteps[underlineOf(picture)];
  return (
    <ul className="underline-legend">
      {[0, ...steps].map((from, strength) => (
        <li key={from}>
          <span className={`token is-${strength}`} aria-hidden="true">
            {'  '}
          </span>
          {strength === 0
            ? w('strip.below', { value: figures(steps[0] ?? 0) })
            : w('strip.from', { value: figures(from) })}
          {strength === steps.length ? ` ${w('strip.unit')}` : ''}
        </li>
      ))}
    </ul>
  );
}

function ArmChoice({ run, arm, onChoose }: { run: Run; arm: number; onChoose: (arm: number) => void }) {
  const id = useId();
  return (
    <div className="strip-arm">
      <label htmlFor={id}>{w('strip.arm')}</label>
      <select id={id} value={arm} onChange={(event) => onChoose(Number(event.currentTarget.value))}>
        {run.spec.arms.map((_, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: an arm is its place
          <option key={at} value={at}>
            {armName(run.spec.arms, at)}
          </option>
        ))}
      </select>
    </div>
  );
}

/** A recording holds one text; a live run shows any of them. */
function Which({ run, picture }: { run: Run; picture: TextPicture }) {
  const controller = useController();
  const { setView } = useView();
  if (run.origin !== 'live' || picture.texts < 2) return null;
  const turn = (by: number) => {
    const text = (picture.text + by + picture.texts) % picture.texts;
    setView({ sample: 0 });
    void controller.askRun((live) => askWatch(live, text));
  };
  return (
    <div className="strip-which">
      <button type="button" className="plain" aria-label={w('strip.previous')} onClick={() => turn(-1)}>
        ‹
      </button>
      <span>{w('strip.which', { n: picture.text + 1, count: count(picture.texts) })}</span>
      <button type="button" className="plain" aria-label={w('strip.next')} onClick={() => turn(1)}>
        ›
      </button>
    </div>
  );
}
