// Convolution against float64: odd images, channel and column blocks ± 1, every kernel size and epilogue.
import { expect, test } from 'vitest';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { type Conv2dParams, type Conv2dShape, conv2d, conv2dLengths, conv2dOutput } from './conv2d.ts';

const shapes: Conv2dShape[] = [
  { batch: 1, inChannels: 1, height: 1, width: 1, outChannels: 1, kernel: 1, padding: 0 },
  { batch: 1, inChannels: 1, height: 1, width: 1, outChannels: 1, kernel: 3, padding: 1 },
  { batch: 2, inChannels: 1, height: 28, width: 28, outChannels: 8, kernel: 3, padding: 1 },
  { batch: 3, inChannels: 3, height: 5, width: 7, outChannels: 5, kernel: 3, padding: 1 },
  { batch: 2, inChannels: 4, height: 6, width: 8, outChannels: 3, kernel: 3, padding: 0 },
  { batch: 2, inChannels: 2, height: 9, width: 9, outChannels: 4, kernel: 5, padding: 2 },
  { batch: 2, inChannels: 5, height: 4, width: 3, outChannels: 9, kernel: 1, padding: 0 },
  { batch: 1, inChannels: 2, height: 5, width: 6, outChannels: 2, kernel: 4, padding: 3 },
];

function inputs(params: Conv2dShape) {
  const [x, weights, y] = conv2dLengths(params);
  const { outChannels } = params;
  return [randomFloats(x, 1), randomFloats(weights, 2), randomFloats(outChannels, 3), new Float32Array(y)];
}

test.each(
  shapes.flatMap((shape) => (['none', 'bias_relu'] as const).map((epilogue) => ({ ...shape, epilogue }))),
)(
  '$batch × $inChannels × $height × $width to $outChannels, kernel $kernel, padding $padding, $epilogue',
  async (params) => {
    await checkKernel(conv2d, params, inputs(params));
  },
);

test.each(['none', 'bias', 'bias_relu', 'bias_tanh'] as const)(
  'the epilogue %s is as in the reference',
  async (epilogue) => {
    const params: Conv2dParams = {
      batch: 2,
      inChannels: 3,
      height: 7,
      width: 6,
      outChannels: 6,
      kernel: 3,
      padding: 1,
      epilogue,
    };
    await checkKernel(conv2d, params, inputs(params));
  },
);

test('a kernel that is 1 in its middle and 0 elsewhere copies the image', async () => {
  const params: Conv2dParams = {
    batch: 2,
    inChannels: 1,
    height: 5,
    width: 7,
    outChannels: 1,
    kernel: 3,
    padding: 1,
    epilogue: 'none',
  };
  const [x = new Float32Array(), , bias = x, y = x] = inputs(params);
  const { gpu } = await checkKernel(conv2d, params, [
    x,
    new Float32Array([0, 0, 0, 0, 1, 0, 0, 0, 0]),
    bias,
    y,
  ]);
  expect(gpu[3]).toEqual(x);
});

test('the result of a padded 3 × 3 kernel has the size of the image, of an unpadded one 2 less', () => {
  const shape = { batch: 1, inChannels: 1, height: 28, width: 20, outChannels: 1, kernel: 3 };
  expect(conv2dOutput({ ...shape, padding: 1 })).toEqual([28, 20]);
  expect(conv2dOutput({ ...shape, padding: 0 })).toEqual([26, 18]);
});
