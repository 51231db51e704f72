/**
 * The same race under several seeds, one after the other: another initialisation, order, labelled subset and noise
 * each, over the same rows and one teacher pass. For intervals over seeds; it draws none of them.
 */
import type { Evaluation } from '../protocol/events.ts';
import { onCurve } from '../sharing/onCurve.ts';
import { isText, type RunSpec } from '../spec/runSpec.ts';
import { unseenClass } from '../spec/unseenClass.ts';
import type { Executor } from '../tensor/executor.ts';
import type { EngineHost, OpenedLiveTeacher } from './engineHost.ts';
import { openTeachers } from './openTeachers.ts';
import { Pacer } from './pacer.ts';
import type { DatasetOfRun, Prepared } from './prepare.ts';
import { Race } from './race.ts';
import { teachesLive } from './turns.ts';

export interface Replicate {
  readonly seed: number;
  /** Evaluated steps, and the headline of each arm at them: `curves[arm][i]`; all over the same test rows. */
  readonly steps: readonly number[];
  readonly curves: readonly (readonly number[])[];
  /** The same of the averaged copy that teaches an arm; empty for arms without one. */
  readonly averages: readonly (readonly number[])[];
  /** At the last evaluated step; at the end over all test rows. */
  readonly arms: readonly Evaluation[];
}

export interface RepeatOptions {
  readonly executor: Executor;
  readonly spec: RunSpec;
  readonly prepared: Prepared;
  readonly seeds: readonly number[];
  /** Data of a replicate: the same rows, another subset and other noise. */
  readonly dataOf: (seed: number) => DatasetOfRun | Promise<DatasetOfRun>;
  /** The teacher that answers a replicate's batches, where one does; it is disposed of with its race. */
  readonly live?: (race: Race) => Promise<OpenedLiveTeacher | null>;
  /** Test rows judged along the way; at the end all are. */
  readonly watchedRows?: number;
  /** Called at every evaluated step. Returning false stops the repetition. */
  readonly progress: (index: number, step: number, replicate: Replicate, finished: boolean) => boolean;
}

/** Held-out loss of a model of language; else recall of the first left-out class where there is one, or accuracy. */
export function headlineOf(spec: RunSpec, evaluation: Evaluation): number {
  if (evaluation.language !== undefined) return evaluation.language.loss;
  const label = unseenClass(spec);
  return label === null ? evaluation.accuracy : (evaluation.recall[label] ?? 0);
}

/** The same of an averaged copy; nothing where the arm keeps none. */
function averageOf(spec: RunSpec, { average }: Evaluation): readonly number[] {
  if (average === undefined) return [];
  if (average.loss !== null) return [average.loss];
  const label = unseenClass(spec);
  return [label === null ? average.accuracy : (average.recall[label] ?? 0)];
}

/** What that number is, as the columns of a table name it: `accuracy`, `heldOutLoss`, `recall of class 3`. */
export function headlineName(spec: RunSpec): string {
  if (isText(spec.data)) return 'heldOutLoss';
  const label = unseenClass(spec);
  return label === null ? 'accuracy' : `recall of class ${label}`;
}

/** Steps after which it is seen whether a replicate is still well: fewer than the metrics ring holds. */
const watchEvery = 128;

/** Resolves with the replicates that ran to their end. Errors: those of races, and `training-diverged`. */
export async function repeat(options: RepeatOptions): Promise<readonly Replicate[]> {
  const finished: Replicate[] = [];
  for (const [index, seed] of options.seeds.entries()) {
    const replicate = await runOne(options, index, seed);
    if (replicate === null) break;
    finished.push(replicate);
  }
  return finished;
}

/** What a host opens for a race whose specification asks for it. Errors: those of ONNX sessions. */
export async function openLiveOf(
  race: Race,
  host: Pick<EngineHost, 'openLive'>,
): Promise<OpenedLiveTeacher | null> {
  return teachesLive(race.trainer.spec) ? openTeachers(race, host) : null;
}

async function runOne(options: RepeatOptions, index: number, seed: number): Promise<Replicate | null> {
  const spec = { ...options.spec, seed };
  const prepared = { ...options.prepared, dataset: (await options.dataOf(seed)).dataset };
  const race = await Race.create(options.executor, spec, prepared, undefined, options.watchedRows);
  let live: OpenedLiveTeacher | null = null;
  try {
    live = (await options.live?.(race)) ?? null;
    race.trainer.liveTeacher = live;
    return await runToEnd(race, options, index, seed);
  } finally {
    live?.dispose();
    race.dispose();
  }
}

async function runToEnd(
  race: Race,
  options: RepeatOptions,
  index: number,
  seed: number,
): Promise<Replicate | null> {
  const { trainer, executor } = race;
  const steps: number[] = [];
  const curves: number[][] = trainer.spec.arms.map(() => []);
  const averages: number[][] = trainer.spec.arms.map(() => []);
  let replicate: Replicate = { seed, steps, curves, averages, arms: [] };
  const pacer = new Pacer(trainer, executor);
  while (!trainer.finished) {
    await pacer.step();
    if (trainer.unread >= watchEvery || trainer.finished) await race.metrics();
    if (trainer.step % trainer.spec.training.evaluateEvery !== 0 && !trainer.finished) continue;
    const arms = await race.evaluations();
    steps.push(trainer.step);
    arms.forEach((arm, i) => {
      curves[i]?.push(headlineOf(trainer.spec, onCurve(arm)));
      averages[i]?.push(...averageOf(trainer.spec, onCurve(arm)));
    });
    const copied = [curves, averages].map((lines) => lines.map((line) => [...line]));
    const [own = [], copies = []] = copied;
    replicate = { seed, steps: [...steps], curves: own, averages: copies, arms };
    if (!options.progress(index, trainer.step, replicate, trainer.finished)) return null;
  }
  await pacer.landed();
  return replicate;
}
