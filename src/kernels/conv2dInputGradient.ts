/**
 * The gradient of a convolution with respect to its image, times the derivative of the activation that made the
 * image where one is given. Not that of weights and bias.
 */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';
import { epilogueSlope, type GradientEpilogue, gradientEpilogues } from './activationGradient.ts';
import { type Conv2dShape, conv2dLengths, conv2dOutput, conv2dWords } from './conv2d.ts';

export interface Conv2dInputGradientParams extends Conv2dShape {
  readonly epilogue: GradientEpilogue;
  /** Add to dx in place of replacing it. */
  readonly accumulate: boolean;
}

const workgroupSize = 64;

/**
 * Bindings: dy [batch, outChannels, outHeight, outWidth], weights [outChannels, inChannels, kernel, kernel], saved
 * as dx (the activation's result; any window without an epilogue), dx [batch, inChannels, height, width].
 */
export const conv2dInputGradient: Kernel<Conv2dInputGradientParams> = {
  name: 'conv2d_input_gradient',
  sources: ['lib/grid', 'nn/conv2d_input_gradient'],
  bindings: [
    { name: 'dy', access: 'read', dtype: 'f32' },
    { name: 'weights', access: 'read', dtype: 'f32' },
    { name: 'saved', access: 'read', dtype: 'f32' },
    { name: 'dx', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: ({ epilogue, accumulate }) => ({
    workgroup_size: workgroupSize,
    epilogue: gradientEpilogues.indexOf(epilogue),
    accumulate: Number(accumulate),
  }),
  shape: conv2dWords,
  workgroups: ({ batch, inChannels, height, width }) => {
    const places = batch * height * Math.ceil(width / 4);
    return grid(Math.ceil(places / workgroupSize) * Math.ceil(inChannels / 4));
  },
  lengths: (params) => {
    const [x, weights, y] = conv2dLengths(params);
    return [y, weights, params.epilogue === 'none' ? 1 : x, x];
  },
  reference(params, buffers) {
    const { batch, inChannels, height, width, outChannels, kernel, padding, epilogue, accumulate } = params;
    const [outHeight, outWidth] = conv2dOutput(params);
    const [dy, weights, saved, dx] = [
      window(buffers, 0),
      window(buffers, 1),
      window(buffers, 2),
      window(buffers, 3),
    ];
    for (let b = 0; b < batch; b++)
      for (let i = 0; i < inChannels; i++)
        for (let h = 0; h < height; h++)
          for (let w = 0; w < width; w++) {
            let sum = 0;
            for (let o = 0; o < outChannels; o++)
              for (let r = 0; r < kernel; r++)
                for (let s = 0; s < kernel; s++) {
                  const [v, u] = [h + padding - r, w + padding - s];
                  if (v < 0 || v >= outHeight || u < 0 || u >= outWidth) continue;
                  const gradient = at(dy, ((b * outChannels + o) * outHeight + v) * outWidth + u);
                  sum += gradient * at(weights, ((o * inChannels + i) * kernel + r) * kernel + s);
                }
            const place = ((b * inChannels + i) * height + h) * width + w;
            const value = sum * epilogueSlope(epilogue, at(saved, place));
            dx[place] = value + (accumulate ? at(dx, place) : 0);
          }
  },
};
