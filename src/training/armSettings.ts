/**
 * From a specification to the live numbers of each arm at each step. An arm is the run's objective seen through its
 * kind: `labels` has no teacher terms in effect, `hard` one term, `distilled` them all.
 */
import { teacherWeights } from '../kernels/meanAnswers.ts';
import { type ArmTerm, naiveTail, rankedIds } from '../kernels/rankedTerms.ts';
import { termIds } from '../kernels/rowTerms.ts';
import { formulaTerm } from '../kernels/terms/formula.ts';
import { StillroomError } from '../spec/errors.ts';
import { isScaled, readFormulaTerm, valuesOf } from '../spec/formulaTerms.ts';
import type { ArmSpec, ObjectiveSpec, RunSpec } from '../spec/runSpec.ts';
import type { LiveBlock } from '../tensor/live.ts';
import { weightFault } from './faults.ts';
import { learningRateAt } from './schedule.ts';

/** Label smoothing of a `smoothed` arm that names none. */
const defaultSmoothing = 0.1;

/** The terms that an arm computes, in slots. */
export function termsOf(spec: RunSpec, arm: ArmSpec): readonly ArmTerm[] {
  switch (arm.kind) {
    case 'labels':
    case 'smoothed':
      return [];
    case 'hard':
      return ['hard_ce'];
    case 'distilled':
      return objectiveOf(spec, arm).terms.map(({ id, formula = '' }, i) => {
        const path = `${objectivePath(spec, arm)}.terms.${i}`;
        if (id === 'formula') return formulaTerm(readFormulaTerm(formula, `${path}.formula`));
        if (id === 'sparse_tail' && arm.fault === 'naive_tail') return naiveTail;
        const known = [...termIds, ...rankedIds].find((term) => term === id);
        if (known !== undefined) return known;
        throw new StillroomError({
          code: 'loss-unknown',
          problem: 'There is no such loss',
          got: id,
          remedy: 'Choose one of the catalogue',
          control: `${path}.id`,
        });
      });
  }
}

/** Errors: `loss-classes`, where a loss compares the other classes among themselves and there is but one. */
export function checkClasses(spec: RunSpec, arm: ArmSpec, classes: number): void {
  const at =
    arm.kind === 'distilled' ? objectiveOf(spec, arm).terms.findIndex(({ id }) => id === 'decoupled') : -1;
  if (at < 0 || classes > 2) return;
  throw new StillroomError({
    code: 'loss-classes',
    problem:
      'The decoupled loss compares the classes beside the label with each other, and here there is one',
    got: `${classes} classes`,
    wanted: 'at least 3',
    remedy: 'Choose another loss for this task',
    control: `${objectivePath(spec, arm)}.terms.${at}.id`,
  });
}

export function objectiveOf(spec: RunSpec, arm: ArmSpec): ObjectiveSpec {
  return arm.objective ?? spec.objective;
}

/** Where an arm's objective stands in the specification. */
function objectivePath({ arms }: RunSpec, arm: ArmSpec): string {
  return arm.objective === undefined ? 'objective' : `arms.${arms.indexOf(arm)}.objective`;
}

/** An arm that a teacher's answers reach. */
export function isTaught({ kind }: ArmSpec): boolean {
  return kind === 'hard' || kind === 'distilled';
}

/** An arm that learns from an averaged copy of itself. */
export function learnsFromAverage({ teacher }: Pick<RunSpec, 'teacher'>, arm: ArmSpec): boolean {
  return teacher.source === 'average' && isTaught(arm);
}

/** How much of its batch an arm writes itself; null where it writes nothing. */
export function onPolicyOf(spec: RunSpec, arm: ArmSpec): NonNullable<ObjectiveSpec['onPolicy']> | null {
  return arm.kind === 'distilled' ? (objectiveOf(spec, arm).onPolicy ?? null) : null;
}

/** An arm whose students are also compared in their hidden states. */
export function usesHidden(spec: RunSpec, arm: ArmSpec): boolean {
  return arm.kind === 'distilled' && objectiveOf(spec, arm).hidden !== null;
}

/**
 * Writes everything of one arm that does not depend on the batch. `spec` has its live events applied; `valid` rows count
 * in this step, which only a planted fault asks for.
 */
export function writeArm(
  block: LiveBlock,
  window: number,
  spec: RunSpec,
  arm: ArmSpec,
  step: number,
  valid = 1,
): void {
  const { optimiser, training, seed } = spec;
  const objective = objectiveOf(spec, arm);
  block.set(window, 'step', step);
  block.set(window, 'seed', seed);
  const base = arm.learningRate ?? optimiser.learningRate;
  block.set(window, 'learningRate', learningRateAt(optimiser, base, step, training.steps));
  block.set(window, 'weightDecay', optimiser.weightDecay);
  block.set(window, 'beta1', optimiser.beta1);
  block.set(window, 'beta2', optimiser.beta2);
  block.set(window, 'epsilon', optimiser.epsilon);
  block.set(window, 'correction1', 1 / (1 - optimiser.beta1 ** (step + 1)));
  block.set(window, 'correction2', 1 / (1 - optimiser.beta2 ** (step + 1)));
  block.set(window, 'momentum', optimiser.momentum);
  block.set(window, 'clipNorm', optimiser.clipNorm);
  block.set(window, 'temperature', objective.temperature);
  block.set(window, 'averageShare', spec.teacher.source === 'average' ? 1 - spec.teacher.decay : 0);
  const members = spec.teacher.source === 'several' ? spec.teacher.members : [];
  const total = members.reduce((sum, { weight }) => sum + weight, 0);
  members.forEach(({ weight }, k) => {
    const name = teacherWeights[k];
    if (name !== undefined) block.set(window, name, weight / total);
  });
  block.set(window, 'smoothing', arm.kind === 'smoothed' ? (arm.smoothing ?? defaultSmoothing) : 0);
  writeWeights(block, window, arm, objective, step, weightFault(arm.fault, objective, valid));
}

/** Factor of the labels, and that of every term's own weight. An arm that is not taught has the labels alone. */
export function sharesOf(
  arm: ArmSpec,
  objective: ObjectiveSpec,
  step: number,
): { readonly labels: number; readonly terms: number } {
  if (!isTaught(arm)) return { labels: 1, terms: 0 };
  const { mix, mixing = 'share', labelWeight = 1, warmup = 0 } = objective;
  const risen = warmup === 0 ? 1 : Math.min(1, step / warmup);
  if (mixing === 'share') return { labels: 1 - risen * mix, terms: risen * mix };
  if (mixing === 'sum') return { labels: labelWeight, terms: risen };
  const weights = arm.kind === 'hard' ? [1] : objective.terms.map((term) => term.weight);
  const hidden = arm.kind === 'hard' ? 0 : (objective.hidden?.weight ?? 0);
  // Of the weights at the end of the warm-up, so that their sum does not move while they rise.
  const all = weights.reduce((sum, weight) => sum + weight, labelWeight + hidden);
  return all === 0 ? { labels: 0, terms: 0 } : { labels: labelWeight / all, terms: risen / all };
}

function writeWeights(
  block: LiveBlock,
  window: number,
  arm: ArmSpec,
  objective: ObjectiveSpec,
  step: number,
  wrong: number,
): void {
  const shares = sharesOf(arm, objective, step);
  block.set(window, 'labelWeight', shares.labels);
  block.set(
    window,
    'hiddenWeight',
    arm.kind === 'distilled' ? shares.terms * (objective.hidden?.weight ?? 0) : 0,
  );
  block.set(window, 'hiddenParameter', objective.hidden?.sigma ?? 0);
  if (arm.kind === 'hard') block.setTerm(window, 0, shares.terms);
  if (arm.kind !== 'distilled') return;
  objective.terms.forEach((term, k) => {
    const scaled = objective.scaleByT2 && isScaled(term);
    const factor = scaled ? objective.temperature ** 2 : 1;
    block.setTerm(window, k, wrong * shares.terms * term.weight * factor, valuesOf(term));
  });
}

/** The arm's own name, or that of its kind. */
export function armName(arm: ArmSpec): string {
  return arm.name ?? arm.kind;
}
