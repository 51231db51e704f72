// The form of the row loss for a GPU, on whichever adapter this is: lanes that meet in workgroup memory, and in subgroups of the
// size that the adapter has. What a term computes is held by the other forms; here are those that ask most of a row.
import { describe, expect, test } from 'vitest';
import { checkKernel, testExecutor } from './checkKernel.ts';
import { type RowLossParams, rowLoss, rowLossSources, rowStat, rowStats } from './rowLoss.ts';
import {
  allValid,
  checkRows,
  columnOf,
  extremeInputs,
  gpuRows,
  liveFor,
  paramsOf,
  rowInputs,
} from './rowLossCases.ts';
import { rowLossInPlaceFor } from './rowLossInPlace.ts';
import { type RowTaking, registersForm, rowLossRegisters, takingOf } from './rowLossRegisters.ts';
import { rowAdapter, rowLossFor } from './rowLossWide.ts';

const kernel = rowLossRegisters;
const { adapter } = await testExecutor();

test('this adapter has subgroups that know their number', () => {
  expect(adapter.subgroup).toBeGreaterThan(1);
});

test('a GPU keeps rows in registers but the longest ones, and very many tiny ones', () => {
  const gpu = { discrete: true, subgroup: 32 };
  expect(rowLossFor({ rows: 128, classes: 10, ...gpu })).toBe(rowLossRegisters);
  expect(rowLossFor({ rows: 128, classes: 2, ...gpu })).toBe(rowLoss);
  expect(rowLossFor({ rows: 1_000_000, classes: 10, ...gpu })).toBe(rowLoss);
  expect(rowLossFor({ rows: 1_000_000, classes: 21, ...gpu })).toBe(rowLossRegisters);
  expect(rowLossFor({ rows: 128, classes: 8192, ...gpu })).toBe(rowLossRegisters);
  expect(rowLossFor({ rows: 128, classes: 151_936, ...gpu })).toBe(rowLossRegisters);
});

test('a row that has no place in registers is taken in turns, with as many lanes as the adapter has', () => {
  const long = { rows: 128, classes: 151_936, terms: [], subgroup: 32 };
  expect(takingOf(long)).toEqual({ lanes: 256, fours: 2, turns: 75 });
  expect(takingOf({ ...long, mostLanes: 512 })).toEqual({ lanes: 512, fours: 2, turns: 38 });
  expect(takingOf({ ...long, mostLanes: 512, subgroup: 0 }).lanes).toBe(256);
  expect(takingOf({ ...long, mostLanes: 512, classes: 16_384 })).toEqual({ lanes: 512, fours: 8, turns: 1 });
  expect(takingOf({ ...long, classes: 8192 }).turns).toBe(1);
});

test('subgroups are asked for where each holds 32 lanes, and not of a CPU that plays a GPU', () => {
  const kind = (software: boolean, subgroup: number) => rowAdapter({ software, subgroup, workgroup: 1024 });
  expect(kind(false, 32)).toEqual({ discrete: true, subgroup: 32, mostLanes: 512 });
  expect(kind(false, 8)).toMatchObject({ discrete: true, subgroup: 0 });
  expect(kind(true, 64)).toMatchObject({ discrete: false, subgroup: 0 });
  expect(rowAdapter({ software: false, subgroup: 32, workgroup: 384 }).mostLanes).toBe(256);
});

// Rows of less than a four, of whole fours and not, that fill their lanes and do not, in one subgroup and in several.
describe.each([
  ['in workgroup memory', 0],
  ['in subgroups', adapter.subgroup],
] as const)('lanes that meet %s', (_, subgroup) => {
  const one = 8 * Math.max(subgroup, 8);
  const shapes = [
    [3, ['forward_kl', 'jsd']],
    [one - 12, ['hard_ce', 'ce']],
    // A compiler for a CPU takes long over workgroup memory.
    ...(subgroup === 0
      ? []
      : ([
          [one - 7, ['dist_inter']],
          [2 * one, ['standardised_kl']],
          [2 * one + 4, ['decoupled']],
        ] as const)),
  ] as const;

  test.each(shapes)('rows of %i classes agree with float64, terms %j', async (classes, terms) => {
    const rows = 5;
    const inputs = {
      ...rowInputs(rows, classes, 41 + classes),
      flags: Uint32Array.of(3, 0, 1, 2, 3),
    };
    const live = liveFor(inputs, 2, { smoothing: 0.1, ...paramsOf(terms) });
    await checkRows(kernel, { rows, classes, terms, subgroup }, inputs, live);
  });

  // Rows of several turns, the last of which is whole or not, of single lanes and of several subgroups.
  const lanes = subgroup === 0 ? 8 : 2 * subgroup;
  const streamed = [
    [24 * lanes, ['forward_kl']],
    [20 * lanes + 4, ['jsd', 'standardised_kl']],
    [17 * lanes + 1, ['ce', 'logit_cosine']],
  ] as const;

  test.each(subgroup === 0 ? streamed.slice(0, 1) : streamed)(
    'rows of %i classes that are read in turns agree with float64, terms %j',
    async (classes, terms) => {
      const own = { rows: 5, classes, terms, subgroup };
      const turned = inTurns({ lanes, fours: 2, turns: 3 });
      const inputs = { ...rowInputs(5, classes, 43 + classes), flags: Uint32Array.of(3, 0, 1, 3, 1) };
      // A suppressed class, and a logit beyond any limit.
      inputs.teacher[2 * classes + 11] = Number.NEGATIVE_INFINITY;
      inputs.student[3 * classes + 4] = 3e6;
      const live = liveFor(inputs, 2, { smoothing: 0.1, ...paramsOf(terms) });
      await checkRows(turned, own, inputs, live);

      inputs.student[4 * classes + 7] = Number.NaN;
      const { gradient, stats } = await gpuRows(turned, own, inputs, live);
      expect(gradient[4 * classes + 7]).toBeNaN();
      expect(gradient.filter((g) => !Number.isFinite(g)).length).toBe(1);
      expect([...columnOf(stats, rowStat.broken)]).toEqual([0, 0, 0, 0, 1]);
    },
  );

  const params = { rows: 4, classes: one, terms: ['reverse_kl'], subgroup, discrete: true } as const;

  test('a student equal to its teacher has a divergence and a gradient of exactly 0', async () => {
    const inputs = rowInputs(4, one, 8);
    const same = { ...inputs, teacher: inputs.student, flags: allValid(4) };
    const { gradient, stats } = await gpuRows(kernel, params, same, liveFor(same, 3, { labelWeight: 0 }));
    expect(gradient.every((g) => g === 0)).toBe(true);
    expect(columnOf(stats, rowStat.total).every((loss) => loss === 0)).toBe(true);
  });

  test('of equal logits the first is the answer, whichever lane has it', async () => {
    const inputs = rowInputs(4, one, 9);
    const student = inputs.student.map(Math.round);
    const tied = { ...inputs, student, teacher: inputs.teacher.map(Math.round), flags: allValid(4) };
    await checkRows(kernel, params, tied, liveFor(tied, 2));
  });

  test('a logit that is not finite reaches the gradient, and its row has no statistics', async () => {
    const inputs = { ...rowInputs(4, one, 10), flags: allValid(4) };
    inputs.student[one + 9] = Number.NaN;
    inputs.teacher[3 * one + 5] = Number.POSITIVE_INFINITY;
    const { gradient, stats } = await gpuRows(kernel, params, inputs, liveFor(inputs, 4));
    expect(gradient[one + 9]).toBeNaN();
    expect(gradient[3 * one + 5]).toBe(Number.POSITIVE_INFINITY);
    expect(gradient.filter((g) => !Number.isFinite(g)).length).toBe(2);
    expect([...columnOf(stats, rowStat.broken)]).toEqual([0, 1, 0, 1]);
    expect(stats.every(Number.isFinite)).toBe(true);
  });

  test('1,000 rows at T from .01 to 1000 and logits to ±1e6 are finite and never negative', async () => {
    for (let seed = 1; seed <= 4; seed++) {
      const many = { ...params, rows: 250 };
      const inputs = extremeInputs(250, one, seed);
      const live = liveFor(inputs, 10 ** (1.5 * seed - 3.5), { smoothing: 0.3 });
      const found = await gpuRows(kernel, many, inputs, live);
      expect(found.gradient.findIndex((g) => !Number.isFinite(g))).toBe(-1);
      expect(found.stats.findIndex((s) => !Number.isFinite(s) || s < 0)).toBe(-1);
    }
  });

  test.each(subgroup === 0 ? [one] : [one, one - 7])(
    'over %i classes, written over the logits the gradient has the same bits',
    async (classes) => {
      const own: RowLossParams = { ...params, classes };
      const inputs = { ...rowInputs(4, classes, 31), flags: Uint32Array.of(3, 1, 0, 3) };
      const live = liveFor(inputs, 2);
      const apart = await gpuRows(kernel, own, inputs, live);
      const { student, teacher, labels, flags } = inputs;
      const buffers = [student, teacher, labels, flags, new Float32Array(4 * rowStats)];
      const inPlace = rowLossInPlaceFor(own);
      expect(inPlace.name).toBe('row_loss_registers_in_place');
      const { gpu } = await checkKernel(inPlace, own, buffers, { live });
      expect([...(gpu[0] ?? [])]).toEqual([...apart.gradient]);
      expect([...(gpu[4] ?? [])]).toEqual([...apart.stats]);
    },
  );
});

function inTurns(taking: RowTaking): typeof kernel {
  return {
    ...kernel,
    sources: (params) => rowLossSources(params, 'distill/terms/apart', registersForm(params, taking)),
  };
}
