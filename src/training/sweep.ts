/**
 * A sweep: the same race at each value of one setting and under each seed, one after the other. Each is the run of that value
 * and seed, to the bit; they share what they can. One that goes astray is told, and the others go on.
 */
import type { SweepCommand, SweepEnd, SweepEvent } from '../protocol/sweep.ts';
import { detailOf, StillroomError } from '../spec/errors.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { withSwept } from '../spec/sweep.ts';
import type { RunParts } from './activeRun.ts';
import type { EngineHost } from './engineHost.ts';
import { Preparations } from './preparations.ts';
import { type Progress, prepareRun } from './prepare.ts';
import type { Race } from './race.ts';
import { openLiveOf, repeat } from './repeat.ts';
import { runFiles } from './teacherFiles.ts';

export interface SweepOptions {
  readonly command: SweepCommand;
  /** The loaded run, whose preparation serves while the setting leaves that alone. */
  readonly race: Race;
  readonly parts: Pick<RunParts, 'prepared' | 'files'>;
  readonly host: EngineHost;
  readonly progress: Progress;
  /** Runs that were told before a lost device cut the sweep short; filled as it goes. */
  readonly told: Set<number>;
  /** Where true, the error ends the sweep; it is then the caller's affair. */
  readonly ends: (error: unknown) => Promise<boolean>;
  /** Returning false stops the sweep. */
  readonly tell: (event: SweepEvent) => boolean;
}

/** Errors: those of values that the specification refuses, before anything runs, and those that end the sweep. */
export async function sweep(options: SweepOptions): Promise<void> {
  const { command, told, race, parts, host, progress } = options;
  const { prepared, files } = parts;
  const { spec, path, runs } = command;
  const specs = runs.map(({ value, seed }) => ({ ...withSwept(spec, path, value), seed }));
  const preparations = new Preparations(
    (one) => host.data(one, one.seed, files),
    async (one, data) => {
      const { teacher } = await runFiles(one, files, host.hub, (done, all) => progress('hub', done, all));
      return prepareRun(one, data, host, teacher, progress);
    },
    { spec: race.trainer.spec, prepared },
  );
  try {
    for (const [index, one] of specs.entries()) {
      if (told.has(index)) continue;
      if (!(await runOne(options, preparations, index, one))) return;
      told.add(index);
    }
  } finally {
    preparations.release();
  }
}

/** False where it was stopped. */
async function runOne(
  options: SweepOptions,
  preparations: Preparations,
  index: number,
  spec: RunSpec,
): Promise<boolean> {
  const { race, command, host, tell } = options;
  const { path, runs } = command;
  const total = spec.training.steps;
  const value = runs[index]?.value ?? Number.NaN;
  const say = (step: number, end: SweepEnd | null) =>
    tell({ type: 'sweep', path, index, count: runs.length, value, seed: spec.seed, step, total, end });
  if (!say(0, null)) return false;
  try {
    const prepared = await preparations.of(spec);
    const { teacher } = prepared;
    const [finished] = await repeat({
      ...{ executor: race.executor, spec, prepared, seeds: [spec.seed], dataOf: () => prepared },
      live: (own) => openLiveOf(own, host),
      progress: (_, step, { arms }, done) => say(step, done ? { arms, teacher, failed: null } : null) || done,
    });
    return finished !== undefined;
  } catch (error) {
    if (!(error instanceof StillroomError) || (await options.ends(error))) throw error;
    return say(0, { arms: [], teacher: null, failed: detailOf(error) });
  }
}
