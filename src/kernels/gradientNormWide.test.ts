import { expect, test } from 'vitest';
import { gradientNorm } from './gradientNorm.ts';
import { testGradientNorm } from './gradientNormTests.ts';
import { gradientNormFor, gradientNormWide } from './gradientNormWide.ts';

// With 32 partials: around a workgroup's first vectors, its whole round, and the lengths that take two rounds and three.
testGradientNorm(gradientNormWide, () => 32, [64, 1_024, 1_088, 4_160, 131_072, 131_136, 262_208]);

test('a GPU takes the wide form, whose partials fill aligned windows and never are more than 1,024', () => {
  expect(gradientNormFor(true, 64).kernel).toBe(gradientNorm);
  expect(gradientNormFor(false, 64)).toEqual({ kernel: gradientNormWide, groups: 32 });
  const groups = [131_072, 131_136, 2 ** 22, 2 ** 28].map((length) => gradientNormFor(false, length).groups);
  expect(groups).toEqual([32, 64, 1_024, 1_024]);
});
