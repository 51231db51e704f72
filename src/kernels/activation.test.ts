// Activations against float64, over every size that occurs; the error function against published digits.
import { expect, test } from 'vitest';
import { activation, activationKinds, erfc } from './activation.ts';
import { checkKernel, randomFloats } from './checkKernel.ts';

test.each(activationKinds.flatMap((kind) => [1, 63, 64, 65, 1_031].map((length) => ({ kind, length }))))(
  '$kind of $length numbers is that of the reference',
  async ({ kind, length }) => {
    await checkKernel(activation, { length, kind }, [randomFloats(length, 1, 4), new Float32Array(length)]);
  },
);

test.each(activationKinds)('%s is right to 1e-6 from 1e-6 to 1e6, on both sides of 0', async (kind) => {
  const sizes = Array.from({ length: 600 }, (_, i) => 10 ** (-6 + i / 50));
  const x = Float32Array.from(sizes.flatMap((size) => [size, -size]));
  // A gelu far below 0 is a product of two small numbers: an absolute bound there.
  const options = kind === 'gelu' ? { absolute: 2e-7, relative: 1e-6 } : { absolute: 1e-30, relative: 1e-6 };
  await checkKernel(activation, { length: x.length, kind }, [x, new Float32Array(x.length)], {
    ...options,
    norm: 1e-6,
  });
});

test('a relu of 0 and of −0 is 0, and an infinity stays one', async () => {
  const x = new Float32Array([0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
  const { gpu } = await checkKernel(activation, { length: 4, kind: 'relu' }, [x, new Float32Array(4)]);
  expect(gpu[1]).toEqual(new Float32Array([0, 0, Number.POSITIVE_INFINITY, 0]));
});

test('a tanh of an infinity is 1 of its sign', async () => {
  const x = new Float32Array([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]);
  await checkKernel(activation, { length: 3, kind: 'tanh' }, [x, new Float32Array(3)]);
});

test('the error function has the digits of the tables', () => {
  // Abramowitz and Stegun, table 7.1, and the asymptotic values of table 7.3.
  expect(1 - erfc(0.5)).toBeCloseTo(0.5204998778, 10);
  expect(1 - erfc(1)).toBeCloseTo(0.8427007929, 10);
  expect(1 - erfc(2)).toBeCloseTo(0.995322265, 10);
  expect(erfc(-1)).toBeCloseTo(1.8427007929, 10);
  expect(erfc(3) / 2.209049699858544e-5).toBeCloseTo(1, 12);
  expect(erfc(5) / 1.5374597944280349e-12).toBeCloseTo(1, 12);
});
