/**
 * Up to six losses on the sample that the hero shows: the value of each, the way it pushes the student's bars, the norm
 * of its gradient, and how far the gradients agree. From logits that have arrived anyway, so it lives while training.
 */
import { useState } from 'react';
import { compareLosses, type ProbedLoss, type Row } from '../../losses/probe.ts';
import type { RunFacts } from '../../protocol/events.ts';
import type { RunSpec } from '../../spec/runSpec.ts';
import { logitsOf, samplesProbe } from '../../store/distributions.ts';
import type { Run } from '../../store/run.ts';
import type { RunLog } from '../../store/runLog.ts';
import { useApp, useAppStore, useScene } from '../appContext.tsx';
import { armName } from '../palette.ts';
import { Slider } from '../Slider.tsx';
import { figures } from '../text.ts';
import { ArmChoice, armOf } from './ArmChoice.tsx';
import { CosineTable } from './CosineTable.tsx';
import { entryOf, rowIds, typicalParameters } from './families.ts';
import { LossMark } from './LossMark.tsx';
import { LossSelect } from './LossSelect.tsx';
import { mostLosses } from './looks.ts';
import { PushPicture } from './PushPicture.tsx';
import { scaleOf } from './termFacts.ts';
import { l } from './words.ts';

const first: readonly ProbedLoss[] = ['ce', 'forward_kl', 'reverse_kl'].map((id) => ({ id, parameters: {} }));

export function LossLens({ run }: { run: Run }) {
  const log = useScene(run);
  const view = useApp((state) => state.view);
  const [picks, setPicks] = useState(first);
  const [chosen, setChosen] = useState<number | null>(null);
  const [shared, setShared] = useState(false);
  const [wide, setWide] = useState(false);
  const own = useApp((state) => ownFormula(state.draft));
  const { facts, spec } = run;
  if (facts === null || log === null) return null;
  const arm = armOf(run, chosen);
  const logits = logitsOf(facts, log, view.sample, view.drawn);
  const student = logits?.arms[arm];
  if (logits === null || student === undefined || logits.teacher === null) {
    return <Frame>{<p className="hint">{l('lens.nothing')}</p>}</Frame>;
  }
  const row = { student, teacher: logits.teacher, label: logits.label };
  const rows = view.drawn === null ? rowsOf(facts, log, arm) : [row];
  const shown = picks.map((pick) => (pick.id === 'formula' ? (own ?? pick) : pick));
  const here = compareLosses(shown, view.temperature, [row]);
  const comparison = wide && rows.length > 1 ? compareLosses(shown, view.temperature, rows) : here;
  const change = (at: number, next: ProbedLoss) => setPicks(picks.with(at, next));
  return (
    <Frame>
      <ArmChoice run={run} arm={arm} onChange={setChosen} />
      <PushPicture
        classNames={facts.classNames}
        row={row}
        temperature={view.temperature}
        picks={shown}
        comparison={here}
        shared={shared}
        arm={{ spec, index: arm, name: armName(spec.arms, arm) }}
      />
      <label className="check small">
        <input
          type="checkbox"
          checked={shared}
          onChange={(event) => setShared(event.currentTarget.checked)}
        />
        <span>{l('lens.shared')}</span>
      </label>
      {rows.length < 2 ? null : (
        <label className="check small">
          <input type="checkbox" checked={wide} onChange={(event) => setWide(event.currentTarget.checked)} />
          <span>{l('lens.wide', { n: rows.length })}</span>
        </label>
      )}
      <div className="lens-tables">
        <Picks picks={shown} comparison={comparison} label={row.label} onChange={change} onSet={setPicks} />
        <CosineTable picks={shown} cosines={comparison.cosines} />
      </div>
      {picks.length >= mostLosses ? (
        <p className="hint">{l('lens.most', { n: mostLosses })}</p>
      ) : (
        <LossSelect
          label={l('lens.add')}
          ids={[...rowIds, ...(own === null ? [] : ['formula'])].filter((id) => !isTwin(id, picks))}
          onChoose={(id) => {
            const pick = { id, parameters: typicalParameters(id) };
            setPicks([...picks, id === 'formula' ? (own ?? pick) : pick]);
          }}
        />
      )}
    </Frame>
  );
}

/** All samples of which pictures are kept, as a batch. */
function rowsOf(facts: RunFacts, log: RunLog, arm: number): readonly Row[] {
  const samples = samplesProbe(facts)?.probe.labels.length ?? 0;
  return Array.from({ length: samples }, (_, sample) => logitsOf(facts, log, sample, null)).flatMap(
    (found) => {
      const student = found?.arms[arm];
      if (!found?.teacher || student === undefined) return [];
      return [{ student, teacher: found.teacher, label: found.label }];
    },
  );
}

/** The first formula of the draft, as it is typed now; null where it has none. */
const ownFormula = kept((draft: RunSpec): ProbedLoss | null => {
  const objectives = [draft.objective, ...draft.arms.flatMap(({ objective }) => objective ?? [])];
  const term = objectives.flatMap(({ terms }) => terms).find(({ id }) => id === 'formula');
  return term?.formula === undefined
    ? null
    : { id: 'formula', formula: term.formula, parameters: term.values ?? {} };
});

/** The same answer, and the same object, for the same draft. */
function kept<Draft extends object, Answer>(answer: (draft: Draft) => Answer): (draft: Draft) => Answer {
  const known = new WeakMap<Draft, { readonly answer: Answer }>();
  return (draft) => {
    const found = known.get(draft) ?? { answer: answer(draft) };
    known.set(draft, found);
    return found.answer;
  };
}

/** A loss without parameters beside itself would show the same twice. */
function isTwin(id: string, picks: readonly ProbedLoss[]): boolean {
  return picks.some((pick) => pick.id === id) && (entryOf(id)?.parameters.length ?? 0) === 0;
}

function Frame({ children }: { children: React.ReactNode }) {
  const store = useAppStore();
  const temperature = useApp((state) => state.view.temperature);
  return (
    <section className="card lens" aria-labelledby="lens-title">
      <header className="lens-head">
        <h2 id="lens-title">{l('lens.title')}</h2>
        <button type="button" className="plain" onClick={() => store.setState({ dialog: 'catalogue' })}>
          {l('catalogue.open')}
        </button>
        <p className="hint">{l('lens.about', { T: figures(temperature) })}</p>
      </header>
      {children}
    </section>
  );
}

interface PicksProps {
  readonly picks: readonly ProbedLoss[];
  readonly comparison: ReturnType<typeof compareLosses>;
  readonly label: number | null;
  onChange(at: number, next: ProbedLoss): void;
  onSet(picks: readonly ProbedLoss[]): void;
}

function Picks({ picks, comparison, label, onChange, onSet }: PicksProps) {
  const store = useAppStore();
  return (
    <table className="lens-picks">
      <caption className="visually-hidden">{l('lens.values')}</caption>
      <thead>
        <tr>
          <th scope="col">{l('lens.loss')}</th>
          <th scope="col">{l('lens.value')}</th>
          <th scope="col">{l('lens.norm')}</th>
          <td />
        </tr>
      </thead>
      <tbody>
        {picks.map((pick, at) => {
          const entry = entryOf(pick.id);
          const title = entry?.title ?? l('formula.own');
          const unknown = label === null && entry?.needs.includes('labels') === true;
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: a pick is its place, which is its letter
            <tr key={at}>
              <th scope="row">
                <LossMark place={at} />{' '}
                {entry === undefined ? (
                  title
                ) : (
                  <button
                    type="button"
                    className="link"
                    onClick={() => store.setState({ dialog: 'catalogue', topic: pick.id })}
                  >
                    {title}
                  </button>
                )}
                <Parameters pick={pick} onChange={(next) => onChange(at, next)} />
              </th>
              <td>{unknown ? '–' : figures(comparison.values[at] ?? Number.NaN)}</td>
              <td>{unknown ? '–' : figures(comparison.norms[at] ?? Number.NaN)}</td>
              <td>
                <button
                  type="button"
                  className="plain icon-only"
                  aria-label={l('lens.remove', { title })}
                  title={l('lens.remove', { title })}
                  onClick={() => onSet(picks.filter((_, i) => i !== at))}
                >
                  ×
                </button>
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Parameters({ pick, onChange }: { pick: ProbedLoss; onChange(next: ProbedLoss): void }) {
  const parameters = entryOf(pick.id)?.parameters ?? [];
  return parameters.map((parameter) => (
    <Slider
      key={parameter.name}
      label={parameter.symbol}
      value={pick.parameters[parameter.name] ?? parameter.default}
      min={parameter.min}
      max={parameter.max}
      hard={parameter}
      scale={scaleOf(parameter.min, parameter.max)}
      spoken={(value) => `${parameter.title} ${figures(value)}`}
      onChange={(value) => onChange({ ...pick, parameters: { ...pick.parameters, [parameter.name]: value } })}
    />
  ));
}
