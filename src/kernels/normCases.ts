/** Inputs of normalisations and what the reference makes of them, for the tests of their forms. */
import { type Numbers, window } from '../tensor/kernel.ts';
import { randomFloats } from './checkKernel.ts';
import { referenceRun } from './finiteDifference.ts';
import { type GroupNormParams, groupNorm, layerNormParams } from './groupNorm.ts';

/** As a GPU runs them: fewer numbers than lanes, in one round and in more, by as many lanes as there ever are. */
export const wideShapes: readonly GroupNormParams[] = [
  { batch: 3, channels: 6, groups: 2, spatial: 5 },
  layerNormParams(5, 63),
  { ...layerNormParams(3, 66), rms: true },
  { batch: 2, channels: 12, groups: 2, spatial: 173 },
];

export function normCase(params: GroupNormParams) {
  const { batch, channels, groups, spatial } = params;
  const length = batch * channels * spatial;
  const x = Float64Array.from(randomFloats(length, 1));
  const gamma = Float64Array.from(randomFloats(channels, 2));
  const beta = Float64Array.from(randomFloats(channels, 3));
  const dy = Float64Array.from(randomFloats(length, 4));
  /** The buffers of the reference after it has run. */
  const forward = (at: Numbers, scale: Numbers, offset: Numbers) =>
    referenceRun(groupNorm, params, [
      at,
      scale,
      offset,
      new Float64Array(length),
      new Float64Array(2 * batch * groups),
    ]);
  return { x, gamma, beta, dy, forward, stats: window(forward(x, gamma, beta), 4), length };
}
