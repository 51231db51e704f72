import { expect, test } from 'vitest';
import { relationCase, relationRun, relationShapes } from './attentionKlCases.ts';
import { attentionWeights } from './attentionWeights.ts';
import { checkKernel, randomFloats } from './checkKernel.ts';

test.each(relationShapes)('log-weights of $positions positions, $heads heads on $kvHeads', async (shape) => {
  const { q, k } = relationCase(shape);
  const length = shape.batch * shape.positions ** 2 * shape.heads;
  const inputs = [Float32Array.from(q), Float32Array.from(k), randomFloats(length, 5)];
  await checkKernel(attentionWeights, shape, inputs);
});

test('the weights of a query add up to 1, and large scores stay finite', async () => {
  const shape = { batch: 1, positions: 3, heads: 1, kvHeads: 1, width: 1, teacherHeads: 1 };
  const large = Float32Array.of(1000, -1000, 500);
  const { gpu } = await checkKernel(attentionWeights, shape, [large, large, new Float32Array(9)]);
  expect(gpu[2]?.every(Number.isFinite)).toBe(true);
  const { logWeights } = relationRun(shape, relationCase(shape));
  const sum = (row: number) =>
    [...logWeights.slice(3 * row, 3 * row + row + 1)].reduce((a, x) => a + Math.exp(x), 0);
  for (const row of [0, 1, 2]) expect(sum(row)).toBeCloseTo(1, 12);
});
