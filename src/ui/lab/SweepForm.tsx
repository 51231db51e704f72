/** What is swept: the setting, its values as a text, how many seeds; start and stop, and how far it is. */
import { useId, useMemo, useState } from 'react';
import { type ErrorDetail, StillroomError } from '../../spec/errors.ts';
import type { RunSpec } from '../../spec/runSpec.ts';
import { type Axis, readValues, sweptSpecs } from '../../spec/sweep.ts';
import { currentSpec, type Run } from '../../store/run.ts';
import type { SweepProgress } from '../../store/sweep.ts';
import { type SweepChoice, suggestedValues, sweepChoices } from '../../store/sweepChoices.ts';
import { useApp, useController, useScene } from '../appContext.tsx';
import { ErrorFacts } from '../ErrorFacts.tsx';
import { count, timeLeft } from '../text.ts';
import { useChanges } from '../useChanges.ts';
import { choiceLabel } from './sweepWords.ts';
import { l } from './words.ts';

const seedCounts = [1, 3, 5] as const;

export function SweepForm({ run }: { run: Run }) {
  const id = useId();
  const controller = useController();
  const scene = useScene(run)?.scene;
  const level = useApp((state) => state.level);
  const draft = useApp((state) => state.draft);
  const busy = useApp((state) => state.activity !== 'idle' || state.repeat !== null);
  const progress = useApp((state) => state.sweep);
  const live = run.origin === 'live' && controller.canAsk;
  // biome-ignore lint/correctness/useExhaustiveDependencies: live settings of the run come with its scene
  const spec = useMemo(() => (live ? currentSpec(run) : draft), [live, run, draft, scene]);
  const choices = useMemo(() => sweepChoices(spec, level), [spec, level]);
  const [asked, setAsked] = useState(() => askedBefore(run));
  const [seeds, setSeeds] = useState<number>(run.log.sweep?.seeds.length ?? 3);
  const choice = choices.find((one) => one.path === asked?.path) ?? choices[0];
  if (choice === undefined) return null;
  // Values are of their setting; another run may not have it.
  const typed = asked?.path === choice.path ? asked.text : null;
  const text = typed ?? suggestedValues(choice).join(', ');
  const { axis, error } = read(spec, choice.path, text);
  const start = async () => {
    if (axis === null) return;
    if (!live) await controller.prepareLive();
    controller.sweep(axis, seeds);
  };
  return (
    <form
      className="sweep-form"
      data-control="sweep"
      onSubmit={(event) => {
        event.preventDefault();
        void start();
      }}
    >
      <div className="field is-stacked">
        <label htmlFor={`${id}-setting`}>{l('sweep.setting')}</label>
        <select
          id={`${id}-setting`}
          value={choice.path}
          disabled={progress !== null}
          onChange={(event) => {
            setAsked({ path: event.currentTarget.value, text: null });
          }}
        >
          {choices.map((one) => (
            <option key={one.path} value={one.path}>
              {choiceLabel(one, spec)}
            </option>
          ))}
        </select>
      </div>
      <div className="field is-stacked">
        <label htmlFor={`${id}-values`}>{l('sweep.values')}</label>
        <input
          id={`${id}-values`}
          type="text"
          value={text}
          spellCheck={false}
          autoComplete="off"
          disabled={progress !== null}
          aria-invalid={error !== null}
          aria-describedby={`${id}-hint`}
          onChange={(event) => setAsked({ path: choice.path, text: event.currentTarget.value })}
        />
        <div id={`${id}-hint`} className={error === null ? 'hint' : 'hint is-warning sweep-error'}>
          {error === null ? (
            l(isWidths(spec, choice) ? 'sweep.widths' : 'sweep.valuesHint')
          ) : (
            <ErrorFacts detail={error} />
          )}
        </div>
      </div>
      <fieldset className="segmented sweep-seeds" disabled={progress !== null}>
        <legend>{l('sweep.seeds')}</legend>
        {seedCounts.map((n) => (
          <label key={n}>
            <input
              type="radio"
              name={`${id}-seeds`}
              className="visually-hidden"
              checked={n === seeds}
              onChange={() => setSeeds(n)}
            />
            <span>{n}</span>
          </label>
        ))}
      </fieldset>
      {progress === null ? (
        <>
          <div className="row">
            <button type="submit" disabled={busy || axis === null}>
              {l(isPart(run, axis, seeds) ? 'sweep.goOn' : 'sweep.start')}
            </button>
            <p className="hint">{axis === null ? '' : costText(spec, axis, seeds)}</p>
          </div>
          <Reminders live={live} />
        </>
      ) : (
        <Going progress={progress} run={run} onStop={() => controller.pause()} />
      )}
    </form>
  );
}

/** A setting with its values as they were typed; null for those that are suggested. */
interface Asked {
  readonly path: string;
  readonly text: string | null;
}

function askedBefore({ log }: Run): Asked | null {
  return log.sweep === null ? null : { path: log.sweep.path, text: log.sweep.values.join(', ') };
}

function Reminders({ live }: { live: boolean }) {
  const changes = useChanges();
  if (!live) return <p className="hint">{l('sweep.needsLive')}</p>;
  return changes.length === 0 ? null : <p className="hint is-warning">{l('sweep.pending')}</p>;
}

function Going({ progress, run, onStop }: { progress: SweepProgress; run: Run; onStop(): void }) {
  const { index, count: runs, value, seed, step, total, startedAt } = progress;
  const { values = [], seeds = [] } = run.log.sweep ?? {};
  const done = index + step / Math.max(1, total);
  const left = ((Date.now() - startedAt) * (runs - done)) / done / 1000;
  const words = l('sweep.progress', {
    ...{ value: values.indexOf(value) + 1, values: values.length, step, steps: total },
    ...{ seed: seeds.indexOf(seed) + 1, seeds: seeds.length },
  });
  return (
    <>
      <progress value={done} max={runs} aria-label={l('sweep.runs')} />
      <p className="hint">
        {words}
        {done > 0 ? `, ${timeLeft(left)}` : ''}
      </p>
      <button type="button" onClick={onStop}>
        {l('sweep.stop')}
      </button>
    </>
  );
}

function read(
  spec: RunSpec,
  path: string,
  text: string,
): { readonly axis: Axis | null; readonly error: ErrorDetail | null } {
  try {
    const axis = { path, values: readValues(path, text) };
    sweptSpecs(spec, axis);
    return { axis, error: null };
  } catch (error) {
    if (!(error instanceof StillroomError)) throw error;
    return { axis: null, error: error.detail };
  }
}

function isWidths(spec: RunSpec, { path }: SweepChoice): boolean {
  const { student } = spec;
  return (path === 'student.hidden' && student.kind === 'mlp') || path === 'student.channels';
}

/** Some runs of the very same sweep are there, and some are not. */
function isPart(run: Run, axis: Axis | null, seeds: number): boolean {
  const known = run.log.sweep;
  if (known === null || axis === null || known.path !== axis.path || known.seeds.length !== seeds)
    return false;
  const done = known.runs.filter(({ failed }) => failed === null).length;
  const same = axis.values.join() === known.values.join();
  return same && done > 0 && done < known.values.length * known.seeds.length;
}

function costText(spec: RunSpec, { path, values }: Axis, seeds: number): string {
  const runs = count(values.length * seeds);
  if (path === 'training.steps') return l('sweep.runsOnly', { runs });
  return l('sweep.cost', { runs, steps: spec.training.steps });
}
