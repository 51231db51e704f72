import { expect, test } from 'vitest';
import { plainRelation, relationCase, relationRun, relationShapes } from './attentionKlCases.ts';
import { attentionKlGradient } from './attentionKlGradient.ts';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { gradientError } from './finiteDifference.ts';
import { rowStats } from './rowLoss.ts';

test.each(relationShapes)('$positions positions, $heads heads on $kvHeads of width $width', async (shape) => {
  const one = relationCase(shape);
  const { slopes } = relationRun(shape, one);
  const [q, k] = [Float32Array.from(one.q), Float32Array.from(one.k)];
  const stats = randomFloats(shape.batch * shape.positions * rowStats, 4);
  for (const side of ['queries', 'keys'] as const) {
    const params = { ...shape, side, accumulate: side === 'keys' };
    const like = randomFloats(side === 'queries' ? q.length : k.length, 5);
    await checkKernel(attentionKlGradient, params, [Float32Array.from(slopes), q, k, like, stats]);
  }
  if (shape.heads !== shape.kvHeads) return;
  const params = { ...shape, side: 'both', accumulate: false } as const;
  await checkKernel(attentionKlGradient, params, [
    ...[Float32Array.from(slopes), q, q, randomFloats(q.length, 5), stats],
  ]);
});

function checkDerivative(f: (x: Float64Array) => number, gradient: Float64Array, x: Float64Array): void {
  expect(gradientError(f, gradient, x)).toBeLessThan(1e-7);
  const planted = gradient.map((g) => 1.0001 * g);
  expect(gradientError(f, planted, x)).toBeGreaterThan(5e-5);
}

test('at queries and at keys it is the derivative of the loss, and a planted error is caught', () => {
  const shape = { batch: 2, positions: 5, heads: 4, kvHeads: 2, width: 3, teacherHeads: 8 };
  const one = relationCase(shape);
  const { at } = relationRun(shape, one);
  checkDerivative((q) => plainRelation(shape, { ...one, q }), at('queries'), one.q.slice());
  checkDerivative((k) => plainRelation(shape, { ...one, k }), at('keys'), one.k.slice());
});

test('at values that meet themselves it is the derivative of the loss, and a planted error is caught', () => {
  const shape = { batch: 2, positions: 5, heads: 2, kvHeads: 2, width: 3, teacherHeads: 2 };
  const one = relationCase(shape);
  const own = { ...one, k: one.q };
  const { at } = relationRun(shape, own);
  checkDerivative((v) => plainRelation(shape, { ...one, q: v, k: v }), at('both'), one.q.slice());
});
