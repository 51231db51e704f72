// Causal attention: the GPU against float64 at every edge of its tiles, and what causality promises.
import { expect, test } from 'vitest';
import { window } from '../tensor/kernel.ts';
import { attention, attentionLengths } from './attention.ts';
import { attentionInputs, attentionSample, attentionShapes } from './attentionCases.ts';
import { checkKernel } from './checkKernel.ts';
import { referenceRun } from './finiteDifference.ts';

test.each(attentionShapes)(
  '$batch × $positions positions, $heads heads on $kvHeads of width $width',
  async (params) => {
    const { q, k, v, o, stats } = attentionInputs(params);
    const inputs = [q, k, v].map((one) => new Float32Array(one));
    await checkKernel(attention, params, [
      ...inputs,
      new Float32Array(o.length),
      new Float32Array(stats.length),
    ]);
  },
);

test('scores of hundreds neither overflow nor lose the weight of the nearest', async () => {
  const params = { batch: 1, positions: 70, heads: 1, kvHeads: 1, width: 4 };
  const { q, k, v, o, stats } = attentionInputs(params);
  const inputs = [q, k].map((one) => new Float32Array(one.map((x) => 30 * x)));
  await checkKernel(
    attention,
    params,
    [...inputs, new Float32Array(v), new Float32Array(o.length), new Float32Array(stats.length)],
    // A rounding of a score of 1,000 is 6e-5 of its weight.
    { norm: 1e-3, relative: 1e-3, absolute: 1e-3 },
  );
});

test('a position does not see a later one', () => {
  const { q, k, v, o } = attentionInputs(attentionSample);
  const { stats } = attentionLengths(attentionSample);
  const late = 4 * 2 * 3; // From position 4 of the first sample on: (kvHeads, width) numbers a position.
  const changed = [k, v].map((one) => one.map((x, i) => (i >= late ? x + 9 : x)));
  const found = referenceRun(attention, attentionSample, [q, ...changed, o, new Float64Array(stats)]);
  const early = 4 * 4 * 3;
  expect(window(found, 3).subarray(0, early)).toEqual(o.subarray(0, early));
  expect(window(found, 3).subarray(early)).not.toEqual(o.subarray(early));
});

test('each query head of a group reads the keys of its group', () => {
  const one = { batch: 1, positions: 6, heads: 2, kvHeads: 1, width: 3 };
  const two = { ...one, kvHeads: 2 };
  const { q, k, v, o, stats } = attentionInputs(one);
  const twice = (x: Float64Array) =>
    Float64Array.from({ length: 2 * x.length }, (_, i) => x[Math.floor(i / 6) * 3 + (i % 3)] ?? 0);
  const found = referenceRun(attention, two, [q, twice(k), twice(v), o, stats]);
  expect(window(found, 3)).toEqual(o);
});
