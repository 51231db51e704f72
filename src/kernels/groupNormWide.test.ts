// The form of a normalisation that a GPU runs, against float64, on whichever adapter this is.
import { expect, test } from 'vitest';
import { checkKernel } from './checkKernel.ts';
import { layerNormParams } from './groupNorm.ts';
import { groupNormWide } from './groupNormWide.ts';
import { normCase, wideShapes } from './normCases.ts';

test.each([...wideShapes, layerNormParams(1, 1)])(
  '$batch × $channels × $spatial in $groups groups is as in the reference',
  async (params) => {
    const { x, gamma, beta, length, stats } = normCase(params);
    const inputs = [x, gamma, beta].map((one) => new Float32Array(one));
    const written = [new Float32Array(length), new Float32Array(stats.length)];
    await checkKernel(groupNormWide, params, [...inputs, ...written]);
  },
);

test('a row of equal numbers becomes the offset, not a NaN', async () => {
  const params = layerNormParams(1, 8);
  const { gamma, beta } = normCase(params);
  const inputs = [new Float64Array(8).fill(3), gamma, beta, gamma, gamma].map((one) => new Float32Array(one));
  const { gpu } = await checkKernel(groupNormWide, params, inputs);
  expect(gpu[3]).toEqual(new Float32Array(beta));
});
