/** Shapes and inputs for the tests of causal attention: both sides of every tile, heads alone and in groups. */
import { window } from '../tensor/kernel.ts';
import { type AttentionParams, attention, attentionLengths } from './attention.ts';
import { attentionQueryGradient } from './attentionQueryGradient.ts';
import { fitsRegisters } from './attentionRegisters.ts';
import { randomFloats } from './checkKernel.ts';
import { referenceRun } from './finiteDifference.ts';

const shapes: readonly (readonly number[])[] = [
  [1, 1, 1, 1, 4],
  [2, 2, 4, 2, 4],
  [1, 63, 2, 1, 4],
  [2, 64, 1, 1, 4],
  [1, 65, 2, 2, 66],
  [1, 257, 2, 1, 4],
];

export const attentionShapes: readonly AttentionParams[] = shapes.map(paramsOf);

/** For the forms from registers: those that fit, and heads of the most numbers over a row more than whole quads. */
export const registerShapes: readonly AttentionParams[] = [...shapes, [1, 65, 4, 2, 64]]
  .map(paramsOf)
  .filter(fitsRegisters);

function paramsOf([batch = 1, positions = 1, heads = 1, kvHeads = 1, width = 1]: readonly number[]) {
  return { batch, positions, heads, kvHeads, width };
}

/** For differences: two query heads to a head of keys, and more positions than a workgroup takes together. */
export const attentionSample: AttentionParams = { batch: 2, positions: 5, heads: 4, kvHeads: 2, width: 3 };

/** q, k, v and the gradient of o, with o and the statistics that the reference makes of them. */
export function attentionInputs(params: AttentionParams) {
  const { queries, keys, stats: count } = attentionLengths(params);
  const draw = (length: number, seed: number) => Float64Array.from(randomFloats(length, seed, 1.5));
  const [q, k, v, upstream] = [draw(queries, 1), draw(keys, 2), draw(keys, 3), draw(queries, 4)];
  const found = referenceRun(attention, params, [
    q,
    k,
    v,
    new Float64Array(queries),
    new Float64Array(count),
  ]);
  const [o, stats] = [window(found, 3), window(found, 4)];
  const backward = { ...params, accumulate: false };
  const withMeans = window(
    referenceRun(attentionQueryGradient, backward, [q, k, v, o, upstream, stats, q]),
    5,
  );
  return { q, k, v, upstream, o, stats, withMeans };
}
