// A new position with the few before it: exactly the row that unfolding the whole sequence has there.
import { expect, test } from 'vitest';
import { window } from '../tensor/kernel.ts';
import { causalUnfold } from './causalUnfold.ts';
import { causalUnfoldStep } from './causalUnfoldStep.ts';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { referenceRun } from './finiteDifference.ts';

test.each([
  [1, 1, 1, 1],
  [2, 2, 3, 4],
  [3, 65, 2, 3],
])('%i sequences of %i positions, width %i, %i taps', async (batch, positions, width, kernel) => {
  const params = { batch, positions, width, kernel };
  const x = randomFloats(batch * positions * width, 1);
  const place = Uint32Array.from({ length: batch }, (_, b) => (b * 7 + 1) % positions);
  const row = kernel * width;
  const { gpu } = await checkKernel(causalUnfoldStep, params, [x, place, new Float32Array(batch * row)]);
  const all = window(referenceRun(causalUnfold, params, [x, new Float32Array(x.length * kernel)]), 1);
  place.forEach((position, b) => {
    const from = (b * positions + position) * row;
    expect(gpu[2]?.subarray(b * row, (b + 1) * row)).toEqual(all.subarray(from, from + row));
  });
});
