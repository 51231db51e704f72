// Pooling by halves against float64, at even and odd sizes.
import { expect, test } from 'vitest';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { type Pool2dParams, pool2d, pool2dLengths } from './pool2d.ts';

const sizes = [
  { batch: 1, channels: 1, height: 2, width: 2 },
  { batch: 2, channels: 3, height: 5, width: 7 },
  { batch: 1, channels: 2, height: 2, width: 9 },
  { batch: 3, channels: 4, height: 14, width: 14 },
];
const cases: Pool2dParams[] = sizes.flatMap((size) =>
  (['max', 'average'] as const).map((kind) => ({ ...size, kind })),
);

test.each(cases)(
  'the $kind of $batch × $channels × $height × $width is as in the reference',
  async (params) => {
    const [x, y] = pool2dLengths(params);
    await checkKernel(pool2d, params, [randomFloats(x, 1), new Float32Array(y)]);
  },
);

test('a maximum may be negative, and the odd last column and line count for nothing', async () => {
  const x = new Float32Array([-4, -2, 9, -3, -1, 9, 9, 9, 9]);
  const params = { batch: 1, channels: 1, height: 3, width: 3 };
  const { gpu } = await checkKernel(pool2d, { ...params, kind: 'max' }, [x, new Float32Array(1)]);
  expect(gpu[1]).toEqual(new Float32Array([-1]));
  const mean = await checkKernel(pool2d, { ...params, kind: 'average' }, [x, new Float32Array(1)]);
  expect(mean.gpu[1]).toEqual(new Float32Array([-2.5]));
});
