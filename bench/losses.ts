/**
 * Each pointwise loss against forward KL, in the same kernel over the same rows; and forward KL over vocabularies of
 * growing size, for the comparison with what the adapter copies. This engine alone: no peer has most of them.
 */
import { rowFlag } from '../src/kernels/rowLoss.ts';
import { rowAdapter, rowLossFor } from '../src/kernels/rowLossWide.ts';
import { type TermId, termIds } from '../src/kernels/rowTerms.ts';
import { parametersOf } from '../src/spec/terms.ts';
import type { Executor } from '../src/tensor/executor.ts';
import { LiveBlock } from '../src/tensor/live.ts';
import type { Contestant } from './contest.ts';
import type { RowsTask } from './library.ts';
import { kernelContestant } from './own.ts';
import { type StepShape, stepsOf } from './work.ts';

/** Rows and classes on which losses are compared with each other: a thread a row, and a workgroup a row. */
export const lossShapes: readonly (readonly [rows: number, classes: number])[] = [
  [4096, 10],
  [256, 1024],
];

/** Rows and classes of the row kernel against the copy. */
export const vocabularyShapes: readonly (readonly [rows: number, classes: number])[] = [
  [16_384, 10],
  [1024, 1024],
  [64, 32_768],
  [16, 151_936],
];

/** Forward KL first, so that ratios are to it. */
const ids: readonly TermId[] = ['forward_kl', ...termIds.filter((id) => id !== 'forward_kl')];

export function lossContestants(executor: Executor, task: RowsTask): Promise<readonly Contestant[]> {
  return Promise.all(ids.map((id) => lossContestant(executor, task, id)));
}

/** Whole steps of the same student, a loss each: what one costs whoever trains with it. */
export async function lossSteps(executor: Executor, shape: StepShape): Promise<readonly Contestant[]> {
  const found = [];
  for (const id of ids) found.push({ ...(await stepsOf(executor, shape, id)), name: id });
  return found;
}

export async function lossContestant(executor: Executor, task: RowsTask, id: TermId): Promise<Contestant> {
  const { rows, classes, temperature, student, teacher } = task;
  const block = new LiveBlock(1);
  block.set(0, 'temperature', temperature);
  block.set(0, 'inverseValid', 1 / rows);
  block.set(0, 'inverseLabelled', 1 / rows);
  block.setTerm(0, 0, 1, parametersOf({ id }));
  const labels = Uint32Array.from({ length: rows }, (_, r) => r % classes);
  const flags = new Uint32Array(rows).fill(rowFlag.valid | rowFlag.labelled);
  const inputs = [student, teacher, labels, flags, null, null];
  const params = { rows, classes, terms: [id], ...rowAdapter(executor.adapter) };
  return {
    ...(await kernelContestant(executor, rowLossFor(params), params, inputs, block.words)),
    name: id,
  };
}
