/**
 * What must hold of the row loss in each of its forms: agreement with float64, exactness near the optimum, finiteness
 * at the extremes, and the bugs that shipped elsewhere. Test code; the two test files call it.
 */
import { describe, expect, test } from 'vitest';
import type { Kernel } from '../tensor/kernel.ts';
import { checkKernel } from './checkKernel.ts';
import { type RowLossParams, rowStat, rowStats } from './rowLoss.ts';
import {
  allTerms,
  allValid,
  checkRows,
  columnOf,
  compare,
  extremeInputs,
  gpuRows,
  groups,
  type LiveValues,
  liveFor,
  paramsOf,
  type RowInputs,
  referenceRows,
  rowInputs,
} from './rowLossCases.ts';
import { rowLossInPlaceFor } from './rowLossInPlace.ts';
import type { TermId } from './rowTerms.ts';

/** `npm run soak` raises it. */
const soaking = process.env['STILLROOM_CASES'] !== undefined;
const extremeCases = Number(process.env['STILLROOM_CASES'] ?? 10_000);

/** Registers what each form of the row loss must hold. */
export function testRowLoss(kernel: Kernel<RowLossParams>): void {
  // A term is the same text in both forms. The wide one, dear to compile where a CPU plays the GPU, is tried with the
  // divergences and with the terms that sum the row themselves; the soak tries them all.
  const narrow = kernel.name === 'row_loss' || soaking;
  const compiled = narrow ? groups : groups.filter((_, i) => i % 4 === 0);

  test.each([2, 3, 10, 64, 65, 257, 4097])(
    'the GPU agrees with float64 to 1e-5 over %i classes, term by term',
    async (classes) => {
      for (const terms of compiled) {
        if (classes === 2 && terms.includes('decoupled')) continue;
        for (const rows of classes < 100 ? [1, 130] : classes < 1000 ? [3] : [1]) {
          for (const temperature of rows === 1 ? [4] : [1, 4]) {
            const inputs = rowInputs(rows, classes, 10 * rows + classes);
            const live = liveFor(inputs, temperature, { smoothing: 0.1, ...paramsOf(terms) });
            await checkRows(kernel, { rows, classes, terms }, inputs, live);
          }
        }
      }
    },
  );

  test('the GPU agrees with float64 where logits are tied, within a row and between the two', async () => {
    const [rows, classes] = [60, 6];
    const inputs = rowInputs(rows, classes, 5, 2.5);
    const rounded = { student: inputs.student.map(Math.round), teacher: inputs.teacher.map(Math.round) };
    for (const terms of compiled) {
      const tied = { ...inputs, ...rounded };
      const live = liveFor(tied, 2, paramsOf(terms));
      await checkRows(kernel, { rows, classes, terms }, tied, live);
    }
  });

  test('labels alone, one term and four terms at weight 0 are each computed', async () => {
    const inputs = rowInputs(7, 10, 3);
    const live = liveFor(inputs, 2, { labelWeight: 1, ...paramsOf(allTerms) });
    await checkRows(kernel, { rows: 7, classes: 10, terms: [] }, inputs, live);
    await checkRows(kernel, { rows: 7, classes: 10, terms: ['forward_kl'] }, inputs, live);
    const muted = { ...live, termWeight0: 0, termWeight1: 0, termWeight2: 0, termWeight3: 0 };
    const { stats } = await checkRows(kernel, { rows: 7, classes: 10, terms: allTerms }, inputs, muted);
    for (let k = 0; k < 4; k++) {
      expect(stats[rowStat.term + k]).toBeGreaterThan(0);
      expect(stats[rowStat.termGradient + k]).toBe(0);
    }
  });

  test.each([0, 0.1, 3, 100])(
    'a student within .001 of its teacher plus %d keeps five digits of loss and gradient, row by row',
    async (offset) => {
      const [rows, classes] = [20, 10];
      const inputs = nearOptimum(rows, classes, offset);
      const check = async (
        terms: readonly TermId[],
        slot: number,
        temperature: number,
        params: LiveValues,
      ) => {
        const weights = [0, 1, 2, 3].map((k) => [`termWeight${k}`, k === slot ? 1 : 0]);
        const live = liveFor(inputs, temperature, {
          ...{ labelWeight: 0, ...params },
          ...Object.fromEntries(weights),
        });
        const gpu = await gpuRows(kernel, { rows, classes, terms }, inputs, live);
        const wanted = await referenceRows(kernel, { rows, classes, terms }, inputs, live);
        for (let r = 0; r < rows; r++) {
          // What a row that differs by the offset alone has for a gradient is the rounding of its logits.
          if (r % 4 === 0 && jumps.has(terms[slot])) continue;
          const part = [r * classes, (r + 1) * classes] as const;
          const at = r * rowStats + rowStat.term + slot;
          const name = `${terms[slot]} T ${temperature} row ${r}`;
          // Of a row that differs by the offset alone only its rounding is left, and that cancels in sums.
          const limit = r % 4 === 0 ? 1e-4 : 1e-5;
          compare(`${name} gradient`, gpu.gradient.slice(...part), wanted.gradient.slice(...part), limit);
          compare(`${name} loss`, gpu.stats.slice(at, at + 1), wanted.stats.slice(at, at + 1), limit);
        }
      };
      for (const temperature of [0.5, 4, 16]) {
        for (const terms of compiled) {
          for (const [slot, term] of terms.entries()) {
            if (!nearlyExact.has(term)) continue;
            const betas = term === 'jsd_normalised' && temperature === 4 ? [0.02, 0.5, 0.98] : [undefined];
            for (const beta of betas) {
              const given = beta === undefined ? {} : { [term]: beta };
              await check(terms, slot, temperature, paramsOf(terms, given));
            }
          }
        }
      }
    },
  );

  test('a student equal to its teacher has a divergence and a gradient of exactly 0', async () => {
    const inputs = rowInputs(9, 33, 8);
    const same = { ...inputs, teacher: inputs.student, flags: allValid(9) };
    for (const terms of compiled) {
      const weights = terms.map((term, k) => [`termWeight${k}`, nearlyExact.has(term) ? 1 : 0]);
      const live = liveFor(same, 3, { labelWeight: 0, ...paramsOf(terms), ...Object.fromEntries(weights) });
      const { gradient, stats } = await gpuRows(kernel, { rows: 9, classes: 33, terms }, same, live);
      expect(gradient.every((g) => g === 0)).toBe(true);
      expect(columnOf(stats, rowStat.total).every((loss) => loss === 0)).toBe(true);
    }
  });

  test(`${extremeCases} rows at T from .01 to 1000 and logits to ±1e6 are finite and never negative`, async () => {
    const rows = 250;
    for (let done = 0, seed = 1; done < extremeCases; done += rows, seed += 1) {
      const classes = [2, 3, 10, 65][seed % 4] ?? 2;
      const inputs = extremeInputs(rows, classes, seed);
      const temperature = 10 ** (((seed * 37) % 101) / 20 - 2);
      const terms = compiled[seed % compiled.length] ?? allTerms;
      const live = liveFor(inputs, temperature, {
        smoothing: (seed % 3) * 0.3,
        termWeight0: seed % 5 === 0 ? temperature ** 2 : 1,
        ...paramsOf(terms, mixtures((seed % 11) / 10)),
      });
      const found = await gpuRows(kernel, { rows, classes, terms }, inputs, live);
      const where = `seed ${seed}, T ${temperature}, V ${classes}`;
      expect(
        found.gradient.findIndex((g) => !Number.isFinite(g)),
        `gradient, ${where}`,
      ).toBe(-1);
      expect(
        found.stats.findIndex((s) => !Number.isFinite(s) || s < 0),
        `stats, ${where}`,
      ).toBe(-1);
    }
  });

  describe('bugs that shipped elsewhere', () => {
    const params: RowLossParams = { rows: 4, classes: 5, terms: ['forward_kl'] };
    const inputs: RowInputs = { ...rowInputs(4, 5, 21), flags: allValid(4) };
    const plain = { labelWeight: 0, termWeight0: 1 };

    test('T² multiplies the reported loss and the gradient alike', async () => {
      const once = await gpuRows(kernel, params, inputs, liveFor(inputs, 4, plain));
      const scaled = await gpuRows(kernel, params, inputs, liveFor(inputs, 4, { ...plain, termWeight0: 16 }));
      compare(
        'total',
        columnOf(scaled.stats, rowStat.total),
        columnOf(once.stats, rowStat.total).map((x) => 16 * x),
      );
      compare(
        'gradient',
        scaled.gradient,
        once.gradient.map((x) => 16 * x),
      );
    });

    test('the cross-entropy with labels has a gradient', async () => {
      const live = liveFor(inputs, 4, { labelWeight: 1, termWeight0: 0 });
      const { gradient } = await gpuRows(kernel, params, inputs, live);
      for (let r = 0; r < 4; r++) expect(gradient[r * 5 + (inputs.labels[r] ?? 0)]).toBeLessThan(0);
    });

    test('padding has no loss and no gradient, whatever its logits hold', async () => {
      const student = inputs.student.slice();
      student.fill(Number.NaN, 5, 10);
      const padded = { ...inputs, student, flags: Uint32Array.of(3, 2, 3, 0) };
      const { gradient, stats } = await checkRows(kernel, params, padded, liveFor(padded, 4));
      expect(stats.slice(rowStats, 2 * rowStats).every((x) => x === 0)).toBe(true);
      expect(gradient.slice(5, 10).every((x) => x === 0)).toBe(true);
      expect(gradient.slice(15).every((x) => x === 0)).toBe(true);
    });

    test('a class that the teacher lacks (−∞) has probability 0 there, not that of a logit of 0', async () => {
      const teacher = inputs.teacher.slice();
      for (let r = 0; r < 4; r++) teacher[5 * r + 4] = Number.NEGATIVE_INFINITY;
      const smaller = { ...inputs, teacher };
      const { gradient, stats } = await checkRows(kernel, params, smaller, liveFor(smaller, 1, plain));
      expect(columnOf(stats, rowStat.broken).every((x) => x === 0)).toBe(true);
      for (let r = 0; r < 4; r++) expect(gradient[5 * r + 4]).toBeGreaterThan(0);
    });

    test('the mean divides by the number of rows once', async () => {
      const { stats } = await gpuRows(kernel, params, inputs, liveFor(inputs, 1, plain));
      const alone = await Promise.all(
        [0, 1, 2, 3].map(async (r) => {
          const one = oneRow(inputs, r, 5);
          const found = await gpuRows(kernel, { ...params, rows: 1 }, one, liveFor(one, 1, plain));
          return found.stats[rowStat.total] ?? 0;
        }),
      );
      const mean = alone.reduce((sum, x) => sum + x, 0) / 4;
      expect(columnOf(stats, rowStat.total).reduce((sum, x) => sum + x, 0)).toBeCloseTo(mean, 5);
    });

    test('labels are averaged over the labelled rows, terms over the valid ones', async () => {
      const some = { ...inputs, flags: Uint32Array.of(3, 1, 1, 1) };
      const { stats } = await checkRows(kernel, params, some, liveFor(some, 1, { labelWeight: 1 }));
      const only = oneRow(some, 0, 5);
      const alone = await gpuRows(kernel, { ...params, rows: 1 }, only, liveFor(only, 1, { labelWeight: 1 }));
      expect(stats[rowStat.label]).toBeCloseTo(alone.stats[rowStat.label] ?? 0, 5);
      expect(4 * (stats[rowStat.term] ?? 0)).toBeCloseTo(alone.stats[rowStat.term] ?? 0, 5);
    });

    test('a mask acts on its own row, not on the one before or after', async () => {
      const boundary = { ...inputs, flags: Uint32Array.of(0, 1, 1, 0) };
      const { stats } = await gpuRows(kernel, params, boundary, liveFor(boundary, 1, plain));
      expect([...columnOf(stats, rowStat.total)].map((loss) => loss > 0)).toEqual([false, true, true, false]);
    });

    test('JSD is not 0 at β = 0 and 1: it is forward and reverse KL', async () => {
      for (const [beta, other] of [
        [0, allTerms.indexOf('forward_kl')],
        [1, allTerms.indexOf('reverse_kl')],
      ] as const) {
        const only = (slot: number): LiveValues => ({
          ...Object.fromEntries([0, 1, 2, 3].map((k) => [`termWeight${k}`, k === slot ? 1 : 0])),
          ...{ labelWeight: 0, termParams8: beta },
        });
        const all = { ...params, terms: allTerms };
        const found = await gpuRows(kernel, all, inputs, liveFor(inputs, 2, only(2)));
        const wanted = await gpuRows(kernel, all, inputs, liveFor(inputs, 2, only(other)));
        compare('loss', columnOf(found.stats, rowStat.total), columnOf(wanted.stats, rowStat.total));
        compare('gradient', found.gradient, wanted.gradient);
      }
    });

    test.each([0, 1])(
      'a mixture of one distribution alone is as exact as a divergence, share %d',
      async (share) => {
        const wide = { ...rowInputs(20, 5, 23, 60), flags: allValid(20) };
        for (const terms of compiled.filter((group) => group.some((id) => id.startsWith('jsd')))) {
          const live = liveFor(wide, 0.5, { labelWeight: 0, ...paramsOf(terms, mixtures(share)) });
          await checkRows(kernel, { rows: 20, classes: 5, terms }, wide, live);
        }
      },
    );

    test('a logit that is not finite reaches the gradient, so that the finite check sees it', async () => {
      for (const [side, value] of [
        ['student', Number.NaN],
        ['student', Number.POSITIVE_INFINITY],
        ['student', Number.NEGATIVE_INFINITY],
        ['teacher', Number.NaN],
        ['teacher', Number.POSITIVE_INFINITY],
      ] as const) {
        const broken = { ...inputs, [side]: inputs[side].slice() };
        broken[side][7] = value;
        const { gradient, stats } = await gpuRows(kernel, params, broken, liveFor(broken, 4));
        expect(gradient[7]).toBe(value);
        expect(gradient.filter((g) => !Number.isFinite(g)).length).toBe(1);
        expect([...columnOf(stats, rowStat.broken)]).toEqual([0, 1, 0, 0]);
        expect(stats.every(Number.isFinite)).toBe(true);
      }
    });

    test('a label outside of the classes counts as none', async () => {
      const outside = { ...inputs, labels: Uint32Array.of(0, 5, 0xffffffff, 4) };
      const { stats } = await checkRows(kernel, params, outside, liveFor(outside, 1));
      expect([...columnOf(stats, rowStat.label)].map((loss) => loss > 0)).toEqual([true, false, false, true]);
    });
  });

  test('written over the logits the gradient has the same bits, and so have the statistics', async () => {
    const [rows, classes] = [5, kernel.name === 'row_loss' ? 10 : 1030];
    const inputs = rowInputs(rows, classes, 31);
    const params: RowLossParams = { rows, classes, terms: ['forward_kl'] };
    const live = liveFor(inputs, 2);
    const apart = await gpuRows(kernel, params, inputs, live);
    const { student, teacher, labels, flags } = inputs;
    const buffers = [student, teacher, labels, flags, new Float32Array(rows * rowStats)];
    const { gpu } = await checkKernel(rowLossInPlaceFor(params), params, buffers, { live });
    expect([...(gpu[0] ?? [])]).toEqual([...apart.gradient]);
    expect([...(gpu[4] ?? [])]).toEqual([...apart.stats]);
  });

  test('of equal logits the first is the answer', async () => {
    const student = new Float32Array(130).fill(1);
    const tied = { student, teacher: student, labels: Uint32Array.of(0), flags: allValid(1) };
    const found = await gpuRows(kernel, { rows: 1, classes: 130, terms: [] }, tied, liveFor(tied, 1));
    expect(found.stats[rowStat.correct]).toBe(1);
    expect(found.stats[rowStat.agreement]).toBe(1);
  });
}

/** Terms whose optimum is the teacher, and whose form keeps its digits there. */
const nearlyExact: ReadonlySet<TermId | undefined> = new Set<TermId>([
  ...([
    'forward_kl',
    'reverse_kl',
    'jsd_normalised',
    'jsd',
    'jeffreys',
    'skew_kl',
    'skew_reverse_kl',
  ] as const),
  ...(['total_variation', 'probability_mse', 'logit_cosine', 'dist_inter'] as const),
  ...(['decoupled', 'standardised_kl'] as const),
]);
/** Those whose gradient jumps at the optimum. */
const jumps: ReadonlySet<TermId | undefined> = new Set<TermId>(['total_variation']);

/** Where a share lies between two ends, another one a case. */
function mixtures(share: number): Partial<Record<TermId, number>> {
  const skew = 0.98 * share;
  return { jsd: share, jsd_normalised: share, jeffreys: share, skew_kl: skew, skew_reverse_kl: skew };
}

/** Rows whose student is the teacher, moved by up to .001; every fourth is moved by the offset alone. */
function nearOptimum(rows: number, classes: number, offset: number): RowInputs {
  const inputs = rowInputs(rows, classes, 77);
  const noise = rowInputs(rows, classes, 178, 1e-3).student;
  const student = inputs.teacher.map((u, i) => {
    const moved = Math.floor(i / classes) % 4 === 0 ? 0 : (noise[i] ?? 0);
    return u + moved + offset;
  });
  return { ...inputs, student, flags: allValid(rows) };
}

function oneRow(inputs: RowInputs, r: number, classes: number): RowInputs {
  return {
    student: inputs.student.slice(r * classes, (r + 1) * classes),
    teacher: inputs.teacher.slice(r * classes, (r + 1) * classes),
    labels: inputs.labels.slice(r, r + 1),
    flags: inputs.flags.slice(r, r + 1),
  };
}
