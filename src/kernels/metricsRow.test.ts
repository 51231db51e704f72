import { expect, test } from 'vitest';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { healthLength } from './gradientScale.ts';
import { healthColumn, metricsRow, ringRows, ringWidth } from './metricsRow.ts';

const ring = () => new Float32Array(ringRows * ringWidth).fill(5);

test.each([1, 3, 4, 5, 130])(
  'the sums of %i rows and the health fill one row of the ring and no other',
  async (rows) => {
    const [stats, health] = [randomFloats(rows * 16, 1), randomFloats(healthLength, 2)];
    const { gpu } = await checkKernel(metricsRow, { rows }, [stats, health, ring()], {
      live: { ringRow: 255, micro: 0 },
    });
    expect(gpu[2]?.slice(255 * ringWidth + healthColumn)).toEqual(health);
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
    const { gpu } = await checkKernel(metricsRow, { rows: 7 }, [stats, randomFloats(16, 2), ring()], {
      live: { ringRow: 9, micro },
    });
    expect(gpu[2]?.[9 * ringWidth + 3]).toBeCloseTo(wanted, 5);
  }
});

test('without rows only the health is written, without health only the sums', async () => {
  const inputs = () => [randomFloats(16, 1), randomFloats(16, 3), ring()] as const;
  const healthOnly = await checkKernel(metricsRow, { rows: 0 }, inputs());
  expect(healthOnly.gpu[2]?.slice(0, 16).every((x) => x === 5)).toBe(true);
  const sumsOnly = await checkKernel(metricsRow, { rows: 1, health: false }, inputs());
  expect(sumsOnly.gpu[2]?.slice(0, 16)).toEqual(inputs()[0]);
  expect(sumsOnly.gpu[2]?.slice(16, 32).every((x) => x === 5)).toBe(true);
});
