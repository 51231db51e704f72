// Attention of a new position over its cache: the GPU against float64, and the last row of attention over the whole.
import { expect, test } from 'vitest';
import { window } from '../tensor/kernel.ts';
import { attentionInputs, attentionShapes } from './attentionCases.ts';
import { attentionStep } from './attentionStep.ts';
import { checkKernel } from './checkKernel.ts';
import { referenceRun } from './finiteDifference.ts';

/** One query a sequence, at the last position of the first and somewhere before it in the others. */
function inputs(params: (typeof attentionShapes)[number]) {
  const { batch, positions, heads, width } = params;
  const { q, k, v, o } = attentionInputs(params);
  const place = Uint32Array.from({ length: batch }, (_, b) => (b === 0 ? positions - 1 : 0));
  const row = heads * width;
  const taken = (x: ArrayLike<number>) =>
    Float64Array.from({ length: batch * row }, (_, i) => {
      const b = Math.floor(i / row);
      return x[(b * positions + (place[b] ?? 0)) * row + (i % row)] ?? 0;
    });
  return { q: taken(q), k, v, place, wanted: taken(o) };
}

test.each(attentionShapes)(
  '$batch × $positions positions, $heads heads on $kvHeads of width $width',
  async (params) => {
    const { q, k, v, place, wanted } = inputs(params);
    const [a, b, c] = [q, k, v].map((one) => new Float32Array(one));
    const o = new Float32Array(wanted.length);
    if (a && b && c) await checkKernel(attentionStep, params, [a, b, c, place, o]);
    const found = window(referenceRun(attentionStep, params, [q, k, v, place, o]), 4);
    found.forEach((value, i) => {
      expect(value).toBeCloseTo(wanted[i] ?? Number.NaN, 6);
    });
  },
);

test('what the cache holds past the position is not read', async () => {
  const params = { batch: 1, positions: 70, heads: 1, kvHeads: 1, width: 4 };
  const k = new Float32Array(280).fill(Number.NaN);
  const v = new Float32Array(280).fill(Number.NaN);
  k.fill(0.5, 0, 8);
  v.fill(3, 0, 8);
  const inputs = [new Float32Array(4).fill(1), k, v, new Uint32Array([1]), new Float32Array(4)];
  const { gpu } = await checkKernel(attentionStep, params, inputs);
  expect([...(gpu[4] ?? [])]).toEqual([3, 3, 3, 3]);
});
