// The form of the parameters' gradients that a GPU runs, against the float64 reference, which
// groupNormParameterGradient.test.ts holds against differences.
import { test } from 'vitest';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { layerNormParams } from './groupNorm.ts';
import { groupNormParameterGradientWide } from './groupNormParameterGradientWide.ts';
import { normCase, wideShapes } from './normCases.ts';

// The last takes a second round of eight where four channels share a workgroup.
const shapes = [...wideShapes, layerNormParams(520, 5)];

test.each(shapes.flatMap((shape) => [false, true].map((accumulate) => ({ ...shape, accumulate }))))(
  '$batch × $channels × $spatial in $groups groups, accumulate $accumulate',
  async (params) => {
    const { x, stats, dy } = normCase(params);
    const inputs = [x, stats, dy].map((one) => new Float32Array(one));
    const sums = [randomFloats(params.channels, 5), randomFloats(params.channels, 6)];
    await checkKernel(groupNormParameterGradientWide, params, [...inputs, ...sums]);
  },
);
