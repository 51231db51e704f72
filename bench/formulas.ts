/**
 * Losses typed as formulas beside the same losses written by hand, on the same kernel and rows: what compiling a
 * formula costs while it trains.
 */
import { rowFlag } from '../src/kernels/rowLoss.ts';
import { rowAdapter, rowLossFor } from '../src/kernels/rowLossWide.ts';
import type { RowTerm } from '../src/kernels/rowTerms.ts';
import { formulaTerm } from '../src/kernels/terms/formula.ts';
import { compileFormula } from '../src/losses/formula/formula.ts';
import type { Executor } from '../src/tensor/executor.ts';
import { LiveBlock } from '../src/tensor/live.ts';
import type { Rows, RowsTask } from './library.ts';
import { kernelContestant } from './own.ts';

const jsd =
  'param beta = 0.5 in 0..1\nm = beta*p + (1-beta)*q\n(beta*sum(p*log(p/m)) + (1-beta)*sum(q*log(q/m)))/(beta*(1-beta))';

/** A loss of the catalogue, and what is typed for it. */
export const typedLosses = [
  ['forward_kl', 'sum(p*log(p/q))'],
  ['reverse_kl', 'sum(q*log(q/p))'],
  ['jsd_normalised', jsd],
  ['logit_mse', 'mean((zs - zt)^2)'],
] as const;

/** By hand first, so that ratios are the typed one's. */
export async function handAndTyped(
  executor: Executor,
  [id, formula]: (typeof typedLosses)[number],
  task: RowsTask,
): Promise<readonly Rows[]> {
  const typed = formulaTerm(compileFormula(formula));
  return [
    await rowsOf(executor, `${id}, written`, id, task),
    await rowsOf(executor, `${id}, typed`, typed, task),
  ];
}

async function rowsOf(executor: Executor, name: string, term: RowTerm, task: RowsTask): Promise<Rows> {
  const { rows, classes, temperature, student, teacher } = task;
  const block = new LiveBlock(1);
  block.set(0, 'temperature', temperature);
  block.set(0, 'inverseValid', 1 / rows);
  block.setTerm(0, 0, 1, [0.5]);
  const params = { rows, classes, terms: [term], ...rowAdapter(executor.adapter) };
  const inputs = [
    student,
    teacher,
    new Uint32Array(rows),
    new Uint32Array(rows).fill(rowFlag.valid),
    null,
    null,
  ];
  const one = await kernelContestant(executor, rowLossFor(params), params, inputs, block.words);
  return { ...one, name, gradient: () => one.read(4) };
}
