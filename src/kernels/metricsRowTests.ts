/** What holds of a row of the ring, whichever form writes it. */
import { expect, test } from 'vitest';
import type { Kernel } from '../tensor/kernel.ts';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { healthLength } from './gradientScale.ts';
import { healthColumn, type MetricsRowParams, ringRows, ringWidth } from './metricsRow.ts';

const ring = () => new Float32Array(ringRows * ringWidth).fill(5);

/** `counts`: numbers of rows at the edges of the form's steps. */
export function testMetricsRow(kernel: Kernel<MetricsRowParams>, counts: readonly number[]): void {
  test.each(counts)(
    'the sums of %i rows and the health fill one row of the ring and no other',
    async (rows) => {
      const [stats, health] = [randomFloats(rows * 16, 1), randomFloats(healthLength, 2)];
      const { gpu } = await checkKernel(kernel, { rows }, [stats, health, ring()], {
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
      const { gpu } = await checkKernel(kernel, { rows: 7 }, [stats, randomFloats(16, 2), ring()], {
        live: { ringRow: 9, micro },
      });
      expect(gpu[2]?.[9 * ringWidth + 3]).toBeCloseTo(wanted, 5);
    }
  });

  test('without rows only the health is written, without health only the sums', async () => {
    const inputs = () => [randomFloats(16, 1), randomFloats(16, 3), ring()] as const;
    const healthOnly = await checkKernel(kernel, { rows: 0 }, inputs());
    expect(healthOnly.gpu[2]?.slice(0, 16).every((x) => x === 5)).toBe(true);
    const sumsOnly = await checkKernel(kernel, { rows: 1, health: false }, inputs());
    expect(sumsOnly.gpu[2]?.slice(0, 16)).toEqual(inputs()[0]);
    expect(sumsOnly.gpu[2]?.slice(16, 32).every((x) => x === 5)).toBe(true);
  });

  test('a statistic that is not finite reaches its own column alone', async () => {
    const stats = randomFloats(70 * 16, 4);
    stats[69 * 16 + 5] = Number.POSITIVE_INFINITY;
    const { gpu } = await checkKernel(kernel, { rows: 70 }, [stats, randomFloats(16, 2), ring()]);
    expect([...(gpu[2] ?? [])].slice(0, 16).map(Number.isFinite)).toEqual(
      Array.from({ length: 16 }, (_, i) => i !== 5),
    );
  });
}
