import { expect, test } from 'vitest';
import { attentionKl } from './attentionKl.ts';
import {
  plainRelation,
  relationCase,
  relationLive,
  relationRun,
  relationShapes,
} from './attentionKlCases.ts';
import { checkKernel, randomFloats, runKernel, testExecutor } from './checkKernel.ts';
import { rowStat, rowStats } from './rowLoss.ts';

test.each(relationShapes)(
  'slopes and statistics at $positions positions, $heads heads of $teacherHeads',
  async (shape) => {
    const one = relationCase(shape);
    const { batch, positions, heads, teacherHeads } = shape;
    const { logWeights } = relationRun(shape, one);
    const stats = randomFloats(batch * positions * rowStats, 4);
    const params = { batch, positions, heads, teacherHeads, pairs: 2 };
    const own = Float32Array.from(logWeights);
    for (const logs of [false, true]) {
      // As logarithms: a teacher with the student's heads, whose weights are those of another student.
      const other = relationRun(shape, { ...one, q: one.q.map((x) => 0.5 * x - 0.2) }).logWeights;
      const teacher = Float32Array.from(logs ? other : one.teacher);
      const inputs = [teacher, one.flags, own, stats];
      const of = { ...params, logs, teacherHeads: logs ? heads : teacherHeads };
      await checkKernel(attentionKl, of, inputs, { live: relationLive });
    }
  },
);

test.each(relationShapes)('it is the formula of the paper at $positions positions', (shape) => {
  const one = relationCase(shape);
  expect(relationRun(shape, one).loss).toBeCloseTo(plainRelation(shape, one), 12);
});

test('it is 0 without a gradient for a student that attends as its teacher does, and never negative beside it', async () => {
  const [, shape = { batch: 1, positions: 2, heads: 1, kvHeads: 1, width: 1, teacherHeads: 1 }] =
    relationShapes;
  const one = relationCase(shape);
  const { logWeights } = relationRun(shape, one);
  const { batch, positions, heads } = shape;
  const params = { batch, positions, heads, teacherHeads: heads, logs: true, pairs: 1 };
  const flags = one.flags.fill(1);
  for (const off of [0, 1e-3]) {
    const own = Float32Array.from(logWeights, (x, e) => x + off * Math.sin(e));
    const stats = new Float32Array(batch * positions * rowStats);
    const inputs = [Float32Array.from(logWeights), flags, own, stats];
    const found = await runKernel(await testExecutor(), attentionKl, params, inputs, relationLive);
    const losses = (found[3] ?? []).filter((_, e) => e % rowStats === rowStat.total);
    expect(losses.every((x) => (off === 0 ? x === 0 : x >= 0))).toBe(true);
    if (off === 0) expect((found[2] ?? []).every((x) => x === 0)).toBe(true);
  }
});

test('a weight of the teacher that is not a number reaches the loss', async () => {
  const params = { batch: 1, positions: 2, heads: 1, teacherHeads: 1, logs: false, pairs: 1 };
  const inputs = [
    Float32Array.of(1, 0, Number.NaN, 0.5),
    Uint32Array.of(1, 1),
    new Float32Array(4),
    new Float32Array(2 * rowStats),
  ];
  const found = await runKernel(await testExecutor(), attentionKl, params, inputs, relationLive);
  expect(found[3]?.[rowStats + rowStat.total]).toBeNaN();
});
