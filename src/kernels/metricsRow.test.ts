import { expect, test } from 'vitest';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { healthLength } from './gradientScale.ts';
import { healthColumn, hiddenColumn, metricsRow, ringRows, ringWidth } from './metricsRow.ts';

const rowStats = { width: 16, column: 0, health: true, add: false };
const ring = () => new Float32Array(ringRows * ringWidth).fill(5);

test.each([1, 3, 4, 5, 130])(
  'the sums of %i rows and the health fill one row of the ring and no other',
  async (rows) => {
    const [stats, health] = [randomFloats(rows * 16, 1), randomFloats(healthLength, 2)];
    const inputs = [stats, health, ring()];
    const { gpu } = await checkKernel(metricsRow, { rows, ...rowStats }, inputs, {
      live: { ringRow: 255, micro: 0 },
    });
    const written = gpu[2]?.slice(255 * ringWidth) ?? new Float32Array();
    expect(written.slice(healthColumn, hiddenColumn)).toEqual(health.slice(0, 12));
    expect(written.slice(hiddenColumn).every((x) => x === 5)).toBe(true);
    expect(gpu[2]?.slice(0, 255 * ringWidth).every((x) => x === 5)).toBe(true);
  },
);

test('the second batch of an accumulated step adds to the row, the first replaces it', async () => {
  const stats = randomFloats(7 * 16, 1);
  const sum = stats.reduce((total, x, i) => (i % 16 === 3 ? total + x : total), 0);
  for (const [micro, wanted] of [
    [0, sum],
    [1, 5 + sum],
  ] as const) {
    const { gpu } = await checkKernel(
      metricsRow,
      { rows: 7, ...rowStats },
      [stats, randomFloats(16, 2), ring()],
      {
        live: { ringRow: 9, micro },
      },
    );
    expect(gpu[2]?.[9 * ringWidth + 3]).toBeCloseTo(wanted, 5);
  }
});

test('hidden losses have columns of their own, and a second one adds to the first', async () => {
  const params = { rows: 5, width: 4, column: hiddenColumn, health: false, add: true };
  const { gpu } = await checkKernel(metricsRow, params, [randomFloats(20, 1), new Float32Array(16), ring()]);
  expect(gpu[2]?.slice(0, hiddenColumn).every((x) => x === 5)).toBe(true);
  expect(gpu[2]?.slice(hiddenColumn, ringWidth).some((x) => x === 5)).toBe(false);
});

test('without rows only the health is written', async () => {
  const params = { rows: 0, ...rowStats };
  const { gpu } = await checkKernel(metricsRow, params, [new Float32Array(1), randomFloats(16, 3), ring()]);
  expect(gpu[2]?.slice(0, 16).every((x) => x === 5)).toBe(true);
});
