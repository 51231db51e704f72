import { expect, test } from 'vitest';
import {
  type CheckOptions,
  checkKernel,
  type Input,
  randomFloats,
  runKernel,
  testExecutor,
} from './checkKernel.ts';
import {
  plainRelationLoss,
  type RelationInputs,
  relationInputs,
  relationLive,
  relationRun,
} from './relationCases.ts';
import { relationLoss } from './relationLoss.ts';
import { relationKinds } from './relationSums.ts';
import { rowStat, rowStats } from './rowLoss.ts';

/** The kernel over what the references of those before it gave. */
function callOf(inputs: RelationInputs) {
  const { matrices, sums, weights } = relationRun(inputs);
  const { n, kind, studentSize, teacherSize, sigma } = inputs;
  const buffers: readonly Input[] = [
    ...matrices.map((matrix) => Float32Array.from(matrix)),
    inputs.flags,
    Float32Array.from(sums),
    new Float32Array(weights.length).fill(9),
    randomFloats(n * rowStats, 4),
  ];
  const params = { n, kind, studentSize, teacherSize, pairs: 2 };
  return { params, buffers, live: { ...relationLive, hiddenParameter: sigma } };
}

function check(inputs: RelationInputs, options: CheckOptions = {}) {
  const { params, buffers, live } = callOf(inputs);
  return checkKernel(relationLoss, params, buffers, { live, ...options });
}

test.each(relationKinds)('%s agrees with float64, weights and statistics', async (kind) => {
  for (const n of [5, 70]) await check(relationInputs(kind, n, [6, 3]));
  // Two rows have one distance, and one row none: nothing but rounding is left of some losses.
  const tiny = { absolute: 1e-6, norm: Number.POSITIVE_INFINITY };
  for (const n of [1, 2]) await check(relationInputs(kind, n, [6, 3]), tiny);
});

test.each(relationKinds)('%s is that of its paper, worked out on vectors', (kind) => {
  for (const n of [3, 5, 9]) {
    const inputs = relationInputs(kind, n, [6, 3]);
    const wanted = plainRelationLoss(inputs, inputs.student);
    expect(relationRun(inputs).loss / wanted).toBeCloseTo(1, 10);
  }
});

test.each(relationKinds)('%s of a student equal to its teacher is 0, without a gradient', async (kind) => {
  const inputs = relationInputs(kind, 9, [4, 4]);
  const same = { ...inputs, teacher: inputs.student };
  const { gpu } = await check(same, { absolute: 1e-6, norm: Number.POSITIVE_INFINITY });
  const run = relationRun(same);
  expect(run.loss).toBeCloseTo(0, 12);
  expect(Math.max(...run.gradient.map(Math.abs))).toBeLessThan(1e-12);
  if (kind !== 'mmd_rbf') expect(Math.max(...(gpu[5] ?? []).map(Math.abs))).toBeLessThan(1e-6);
});

test('linear CKA is the same for a turned, scaled and moved student', () => {
  const inputs = relationInputs('linear_cka', 8, [2, 5]);
  const turned = inputs.student.map((_, at) => {
    const [row, c] = [at - (at % 2), at % 2];
    const [x, y] = [inputs.student[row] ?? 0, inputs.student[row + 1] ?? 0];
    return 3 * (c === 0 ? 0.6 * x - 0.8 * y : 0.8 * x + 0.6 * y) + 7;
  });
  expect(relationRun({ ...inputs, student: turned }).loss).toBeCloseTo(relationRun(inputs).loss, 12);
});

test('without variance linear CKA is 1, and a batch of equal rows leaves nothing that is not finite', async () => {
  for (const kind of relationKinds) {
    const inputs = relationInputs(kind, 6, [4, 4]);
    for (const value of [0, 1]) {
      const flat = { ...inputs, student: inputs.student.map(() => value) };
      const { gpu } = await check(flat, { norm: 1e-4 });
      for (const binding of gpu) expect([...binding].every(Number.isFinite)).toBe(true);
      if (kind === 'linear_cka') {
        expect(relationRun(flat).loss).toBeCloseTo(
          relationLive.hiddenWeight * relationLive.inverseValid * 5,
          12,
        );
      }
    }
  }
});

test('without a width the kernel of MMD takes half the mean squared distance of all pairs for its variance', () => {
  const inputs = relationInputs('mmd_rbf', 5, [4, 4]);
  const rows = [0, 1, 2, 4].flatMap((i) => [
    inputs.student.slice(4 * i, 4 * i + 4),
    inputs.teacher.slice(4 * i, 4 * i + 4),
  ]);
  const squares = rows.flatMap((a) =>
    rows.map((b) => a.reduce((sum, x, c) => sum + (x - (b[c] ?? 0)) ** 2, 0)),
  );
  const variance = squares.reduce((sum, x) => sum + x, 0) / 56 / 2;
  const free = relationRun({ ...inputs, sigma: 0 });
  // The width itself travels as float32.
  expect(free.loss / relationRun({ ...inputs, sigma: Math.sqrt(variance) }).loss).toBeCloseTo(1, 6);
});

test('a teacher state that is not a number reaches the loss or the weights', async () => {
  for (const kind of relationKinds) {
    const inputs = relationInputs(kind, 3, [4, 4]);
    inputs.teacher[5] = Number.NaN;
    const { params, buffers, live } = callOf(inputs);
    const gpu = await runKernel(await testExecutor(), relationLoss, params, buffers, live);
    const total = gpu[6]?.[rowStat.total] ?? 0;
    expect(Number.isNaN(total) || (gpu[5] ?? []).some((w) => Number.isNaN(w))).toBe(true);
  }
});
