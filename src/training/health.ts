/**
 * Whether a run is well: a halted update in its metrics, a state worth going back to, and the halved rate with which it
 * goes on. Pure; the loop notices, the active run acts.
 */
import { healthField, mostInARow } from '../kernels/gradientScale.ts';
import { healthColumn, ringWidth } from '../kernels/metricsRow.ts';
import { StillroomError } from '../spec/errors.ts';
import type { LiveEvent, RunSpec } from '../spec/runSpec.ts';
import type { ArmNumbers } from './arm.ts';
import { armName } from './armSettings.ts';
import type { MetricsRows } from './metricsRing.ts';
import type { TrainerState } from './trainer.ts';

/** An arm whose update was stopped on the executor. */
export interface Halt {
  readonly arm: number;
  /** The first step of those in a row whose gradient was not finite. */
  readonly step: number;
}

/** Times that a run goes back before it stops. */
export const mostRollbacks = 3;

/** The first arm that is halted in these rows, or null. */
export function haltIn({ firstStep, count, arms }: MetricsRows): Halt | null {
  for (let row = 0; row < count; row++) {
    for (const [arm, values] of arms.entries()) {
      if ((values[row * ringWidth + healthColumn + healthField.halted] ?? 0) === 0) continue;
      return { arm, step: Math.max(0, firstStep + row - (mostInARow - 1)) };
    }
  }
  return null;
}

/** Every number is finite, and no arm is halted or on its way there. */
export function isSound({ arms }: TrainerState): boolean {
  return arms.every((numbers) => isCalm(numbers) && [...numbers.values()].every(allFinite));
}

function isCalm(numbers: ArmNumbers): boolean {
  const health = numbers.get('health');
  return health?.[healthField.halted] === 0 && health[healthField.nonFiniteInARow] === 0;
}

/** 0·x is NaN for every x that is not finite, and a sum keeps it. */
function allFinite(numbers: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += 0 * (numbers[i] ?? 0);
  return sum === 0;
}

export interface HalvedRate {
  readonly events: readonly LiveEvent[];
  readonly event: LiveEvent;
}

/**
 * The run's events where it goes on from `step` with half of the rate that it has now. What had set that rate between
 * `step` and `until` is taken back; all else that was changed there is changed again when its step comes.
 */
export function withHalvedRate(
  events: readonly LiveEvent[],
  now: RunSpec,
  arm: number,
  step: number,
  until: number,
): HalvedRate {
  const own = now.arms[arm]?.learningRate;
  const path = own === undefined ? 'optimiser.learningRate' : `arms.${arm}.learningRate`;
  const event = { step, path, value: rateOf(now, arm) / 2 };
  const others = events.filter((one) => one.path !== path || one.step < step || one.step > until);
  return {
    events: [...others.filter((one) => one.step <= step), event, ...others.filter((one) => one.step > step)],
    event,
  };
}

/** What ends a run that went wrong after `rollbacks` of them. `tensor`: what was not finite first, where it is known. */
export function diverged(now: RunSpec, halt: Halt, tensor: string | null, rollbacks: number): StillroomError {
  const arm = now.arms[halt.arm] ?? { kind: 'labels' };
  const rate = `a learning rate of ${rateOf(now, halt.arm)}`;
  const problem = `Training diverged in the arm ${armName(arm)} at step ${halt.step}, where ${tensor ?? unknown} was not finite`;
  const told = { code: 'training-diverged', problem, wanted: 'finite gradients' } as const;
  // There was no update yet, so that no rate and no clipping would have helped.
  if (halt.step === 0) {
    return new StillroomError({
      ...told,
      got: 'the first weights, before any update',
      remedy: 'Check the loss (formula, parameters, temperature) and how inputs are scaled',
      control: 'objective.terms',
    });
  }
  return new StillroomError({
    ...told,
    got: rollbacks === 0 ? rate : `${rate} after ${rollbacks} rollbacks`,
    remedy: 'Lower the learning rate or clip the gradient',
    control: 'optimiser.learningRate',
  });
}

/** For a tensor that was finite when the step was run again. */
export const unknown = 'what could not be found again';

export function rateOf(now: RunSpec, arm: number): number {
  return now.arms[arm]?.learningRate ?? now.optimiser.learningRate;
}
