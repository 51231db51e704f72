/**
 * The arms of a run that learn from one and the same batch take one turn: all that learn from given texts together, and
 * each that writes some of its texts itself alone. It gathers, lets write and answer, and runs what it is told then.
 */

import type { RunSpec } from '../spec/runSpec.ts';
import type { BoundProgram, Executor } from '../tensor/executor.ts';
import type { Inputs } from '../tensor/kernel.ts';
import { isTaught, learnsFromAverage, onPolicyOf } from './armSettings.ts';
import type { Batches } from './batches.ts';
import { unanswered } from './diagnosis.ts';
import type { Writing } from './onPolicy.ts';

/** A teacher that answers the gathered batch: fills the batch's teacher slots, on the executor. */
export interface LiveTeacher {
  /** `written` reads the batch's inputs back, where they are no longer those of the rows; whoever reads the batch itself has no need. */
  answer(batches: Batches, indices: Uint32Array<ArrayBuffer>, written?: () => Promise<Inputs>): Promise<void>;
}

/** A model answers each batch of the run. */
export function teachesLive({ teacher }: Pick<RunSpec, 'teacher'>): boolean {
  return teacher.delivery === 'live' && teacher.source !== 'average' && teacher.source !== 'none';
}

export interface TurnParts {
  readonly executor: Executor;
  readonly batches: Batches;
  readonly spec: RunSpec;
  /** There are answers over all rows, of each teacher. */
  readonly answered: boolean;
  /** With the teacher's answers, and without. */
  readonly gather: BoundProgram;
  readonly gatherInput: BoundProgram;
  /** What several teachers say together, from what each answered. */
  readonly mean: readonly BoundProgram[];
}

/** The arms of each turn, in order. */
export function turnsOf(spec: RunSpec): readonly (readonly number[])[] {
  const all = spec.arms.map((_, arm) => arm);
  const writes = (arm: number) => {
    const own = spec.arms[arm];
    return own !== undefined && onPolicyOf(spec, own) !== null;
  };
  const together = all.filter((arm) => !writes(arm));
  return [...(together.length === 0 ? [] : [together]), ...all.filter(writes).map((arm) => [arm])];
}

export class Turn {
  readonly arms: readonly number[];
  readonly #parts: TurnParts;
  readonly #writing: Writing | null;
  /** Somebody here learns from what is answered. */
  readonly #taught: boolean;
  /** Arms learn from a teacher whose answers were not computed beforehand. */
  readonly #unanswered: boolean;

  /** `writing` of the one arm that writes. */
  constructor(parts: TurnParts, arms: readonly number[], writing: Writing | null) {
    const { spec, answered } = parts;
    this.#parts = parts;
    this.arms = arms;
    this.#writing = writing;
    const taught = spec.arms.filter((arm, i) => arms.includes(i) && isTaught(arm));
    this.#taught = taught.length > 0;
    this.#unanswered = (writing !== null || !answered) && taught.some((arm) => !learnsFromAverage(spec, arm));
  }

  /** Kernel calls before the arms' own. */
  get dispatches(): number {
    const { gather, mean } = this.#parts;
    const passes = [gather, ...(this.#writing?.passes ?? []), ...mean];
    return passes.reduce((sum, { program }) => sum + program.calls.length, 0);
  }

  /** `indices` are the chosen rows, `now` the specification at this step. Errors: `teacher-unanswered`, those of the teacher. */
  async take(
    step: number,
    now: RunSpec,
    indices: Uint32Array<ArrayBuffer>,
    teacher: LiveTeacher | null,
    then: readonly BoundProgram[],
  ): Promise<void> {
    const { executor, batches, gather, gatherInput, mean } = this.#parts;
    const writes = this.#stage(step, now, indices);
    if (teacher === null || !this.#taught) {
      if (this.#unanswered) throw unanswered();
      executor.run([gather, ...writes, ...mean, ...then]);
      return;
    }
    executor.run([gatherInput, ...writes]);
    const writing = this.#writing;
    const written = writes.length === 0 || writing === null ? undefined : () => writing.tokens();
    await teacher.answer(batches, indices, written);
    executor.run([...mean, ...then]);
  }

  dispose(): void {
    this.#writing?.dispose();
  }

  #stage(step: number, now: RunSpec, indices: Uint32Array): readonly BoundProgram[] {
    const arm = now.arms[this.arms[0] ?? 0];
    const onPolicy = arm === undefined ? null : onPolicyOf(now, arm);
    return this.#writing === null || onPolicy === null ? [] : this.#writing.stage(step, indices, onPolicy);
  }
}
