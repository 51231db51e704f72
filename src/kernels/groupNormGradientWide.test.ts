// The form of the input's gradient that a GPU runs, against the float64 reference, which groupNormGradient.test.ts holds
// against differences.
import { test } from 'vitest';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { groupNormGradientWide } from './groupNormGradientWide.ts';
import { normCase, wideShapes } from './normCases.ts';

test.each(wideShapes.flatMap((shape) => [false, true].map((accumulate) => ({ ...shape, accumulate }))))(
  '$batch × $channels × $spatial in $groups groups, accumulate $accumulate',
  async (params) => {
    const { x, gamma, stats, dy, length } = normCase(params);
    const inputs = [x, gamma, stats, dy].map((one) => new Float32Array(one));
    await checkKernel(groupNormGradientWide, params, [...inputs, randomFloats(length, 5)]);
  },
);
