// The image's gradient of a convolution: the GPU against float64, float64 against differences of the convolution.
import { expect, test } from 'vitest';
import { window } from '../tensor/kernel.ts';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { type Conv2dShape, conv2d, conv2dLengths } from './conv2d.ts';
import { conv2dInputGradient } from './conv2dInputGradient.ts';
import { gradientError, referenceRun, weightedSum } from './finiteDifference.ts';

const shapes: Conv2dShape[] = [
  { batch: 1, inChannels: 1, height: 1, width: 1, outChannels: 1, kernel: 1, padding: 0 },
  { batch: 1, inChannels: 1, height: 1, width: 1, outChannels: 1, kernel: 3, padding: 1 },
  { batch: 2, inChannels: 3, height: 5, width: 7, outChannels: 5, kernel: 3, padding: 1 },
  { batch: 2, inChannels: 4, height: 6, width: 8, outChannels: 3, kernel: 3, padding: 0 },
  { batch: 1, inChannels: 5, height: 9, width: 9, outChannels: 2, kernel: 5, padding: 2 },
  { batch: 2, inChannels: 9, height: 4, width: 3, outChannels: 2, kernel: 1, padding: 0 },
  { batch: 1, inChannels: 2, height: 5, width: 6, outChannels: 2, kernel: 4, padding: 3 },
];

test.each(shapes.flatMap((shape) => [false, true].map((accumulate) => ({ ...shape, accumulate }))))(
  '$batch × $inChannels × $height × $width, $outChannels results, kernel $kernel, padding $padding, accumulate $accumulate',
  async (shape) => {
    const [x, weights, y] = conv2dLengths(shape);
    const inputs = [randomFloats(y, 1), randomFloats(weights, 2), randomFloats(1, 3), randomFloats(x, 4)];
    await checkKernel(conv2dInputGradient, { ...shape, epilogue: 'none' }, inputs);
  },
);

test.each(
  (['times_relu_gradient', 'times_tanh_gradient'] as const).flatMap((epilogue) =>
    [false, true].map((accumulate) => ({ epilogue, accumulate })),
  ),
)('$epilogue is applied to the contribution alone, accumulate $accumulate', async (options) => {
  const shape = {
    batch: 2,
    inChannels: 6,
    height: 5,
    width: 7,
    outChannels: 3,
    kernel: 3,
    padding: 1,
    ...options,
  };
  const [x, weights, y] = conv2dLengths(shape);
  const inputs = [randomFloats(y, 1), randomFloats(weights, 2), randomFloats(x, 3), randomFloats(x, 4)];
  await checkKernel(conv2dInputGradient, shape, inputs);
});

test.each(shapes)(
  '$batch × $inChannels × $height × $width, kernel $kernel agrees with differences',
  (shape) => {
    const [x, weights, y] = conv2dLengths(shape);
    const doubles = (length: number, seed: number) => Float64Array.from(randomFloats(length, seed));
    const [image, kernel, dy] = [doubles(x, 5), doubles(weights, 6), doubles(y, 7)];
    const zero = new Float64Array(shape.outChannels);
    const loss = (at: Float64Array) => {
      const buffers = [at, kernel, zero, new Float64Array(y)];
      return weightedSum(window(referenceRun(conv2d, { ...shape, epilogue: 'none' }, buffers), 3), dy);
    };
    const params = { ...shape, epilogue: 'none', accumulate: false } as const;
    const dx = window(referenceRun(conv2dInputGradient, params, [dy, kernel, zero, new Float64Array(x)]), 3);
    expect(gradientError(loss, Float64Array.from(dx), image)).toBeLessThan(1e-7);
  },
);
