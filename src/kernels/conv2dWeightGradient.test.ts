// The parts of a weight gradient against float64, at odd shapes, several parts and partly filled blocks.
import { expect, test } from 'vitest';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { type Conv2dShape, conv2dLengths } from './conv2d.ts';
import { conv2dPartialLength, conv2dWeightGradient, conv2dWeightParts } from './conv2dWeightGradient.ts';

const shapes: Conv2dShape[] = [
  { batch: 1, inChannels: 1, height: 1, width: 1, outChannels: 1, kernel: 1, padding: 0 },
  { batch: 1, inChannels: 1, height: 1, width: 1, outChannels: 1, kernel: 3, padding: 1 },
  { batch: 40, inChannels: 1, height: 13, width: 9, outChannels: 8, kernel: 3, padding: 1 },
  { batch: 3, inChannels: 3, height: 5, width: 7, outChannels: 9, kernel: 3, padding: 1 },
  { batch: 2, inChannels: 11, height: 6, width: 8, outChannels: 7, kernel: 3, padding: 0 },
  { batch: 2, inChannels: 10, height: 6, width: 8, outChannels: 3, kernel: 3, padding: 0 },
  { batch: 2, inChannels: 2, height: 9, width: 9, outChannels: 4, kernel: 5, padding: 2 },
  { batch: 2, inChannels: 32, height: 4, width: 3, outChannels: 2, kernel: 1, padding: 0 },
  { batch: 1, inChannels: 2, height: 5, width: 6, outChannels: 2, kernel: 4, padding: 3 },
];

test.each(shapes)(
  '$batch × $inChannels × $height × $width, $outChannels results, kernel $kernel, padding $padding',
  async (shape) => {
    const [x, , y] = conv2dLengths(shape);
    const partial = new Float32Array(conv2dPartialLength(shape)).fill(7);
    await checkKernel(conv2dWeightGradient, shape, [randomFloats(x, 1), randomFloats(y, 2), partial]);
  },
);

test('a batch of 128 images of 28 lines is cut into 256 parts of 14 lines', () => {
  const shape = { batch: 128, inChannels: 1, height: 28, width: 28, outChannels: 8, kernel: 3, padding: 1 };
  expect(conv2dWeightParts(shape)).toBe(256);
  expect(conv2dPartialLength(shape)).toBe(256 * 8 * 10);
});

test('many weights are cut into few parts, so that the parts stay under 4 MiB', () => {
  const shape = { batch: 128, inChannels: 128, height: 8, width: 8, outChannels: 128, kernel: 3, padding: 1 };
  expect(conv2dWeightParts(shape)).toBe(7);
  expect(conv2dPartialLength(shape)).toBeLessThanOrEqual(2 ** 20);
});
