// Both halves of a weight gradient: the second on the GPU against float64, together against differences.
import { expect, test } from 'vitest';
import { type Numbers, window } from '../tensor/kernel.ts';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { type Conv2dShape, conv2d, conv2dLengths } from './conv2d.ts';
import { conv2dPartialLength, conv2dWeightGradient } from './conv2dWeightGradient.ts';
import { conv2dWeightSum } from './conv2dWeightSum.ts';
import { gradientError, referenceRun, weightedSum } from './finiteDifference.ts';

const shapes: Conv2dShape[] = [
  { batch: 1, inChannels: 1, height: 1, width: 1, outChannels: 1, kernel: 1, padding: 0 },
  { batch: 45, inChannels: 1, height: 6, width: 3, outChannels: 2, kernel: 3, padding: 1 },
  { batch: 3, inChannels: 3, height: 5, width: 7, outChannels: 5, kernel: 3, padding: 0 },
  { batch: 2, inChannels: 2, height: 6, width: 6, outChannels: 2, kernel: 5, padding: 2 },
];

test.each(shapes.flatMap((shape) => [false, true].map((accumulate) => ({ ...shape, accumulate }))))(
  'the parts of $batch × $inChannels to $outChannels, kernel $kernel, are added, accumulate $accumulate',
  async (params) => {
    const [, weights] = conv2dLengths(params);
    const partial = randomFloats(conv2dPartialLength(params), 1);
    await checkKernel(conv2dWeightSum, params, [
      partial,
      randomFloats(weights, 2),
      randomFloats(params.outChannels, 3),
    ]);
  },
);

test.each(shapes)('$batch × $inChannels to $outChannels, kernel $kernel agrees with differences', (shape) => {
  const [x, weights, y] = conv2dLengths(shape);
  const doubles = (length: number, seed: number) => Float64Array.from(randomFloats(length, seed));
  const [image, kernel, dy] = [doubles(x, 5), doubles(weights, 6), doubles(y, 7)];
  const bias = doubles(shape.outChannels, 8);
  const loss = (w: Numbers, b: Numbers) => {
    const buffers = [image, w, b, new Float64Array(y)];
    return weightedSum(window(referenceRun(conv2d, { ...shape, epilogue: 'bias' }, buffers), 3), dy);
  };
  const scratch = new Float64Array(conv2dPartialLength(shape));
  const partial = window(referenceRun(conv2dWeightGradient, shape, [image, dy, scratch]), 2);
  const empty = [partial, new Float64Array(weights), new Float64Array(shape.outChannels)];
  const found = referenceRun(conv2dWeightSum, { ...shape, accumulate: false }, empty);
  const [dweights, dbias] = [Float64Array.from(window(found, 1)), Float64Array.from(window(found, 2))];
  expect(gradientError((at) => loss(at, bias), dweights, kernel)).toBeLessThan(1e-7);
  expect(gradientError((at) => loss(kernel, at), dbias, bias)).toBeLessThan(1e-7);
});
