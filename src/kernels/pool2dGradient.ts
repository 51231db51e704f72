/**
 * The gradient of a 2 × 2 pooling, times the derivative of the activation that made its input where one is given.
 * Where the maximum was is found again from the input; nothing is kept from the forward pass.
 */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';
import { epilogueSlope, type GradientEpilogue, gradientEpilogues } from './activationGradient.ts';
import { type Pool2dParams, pool2dLengths } from './pool2d.ts';

export interface Pool2dGradientParams extends Pool2dParams {
  readonly epilogue: GradientEpilogue;
  /** Add to dx in place of replacing it. */
  readonly accumulate: boolean;
}

const workgroupSize = 64;

/**
 * Bindings: x [batch, channels, height, width] as it was pooled, dy [batch, channels, ⌊height/2⌋, ⌊width/2⌋], dx as
 * x. The first of equal maxima, in reading order, gets the gradient.
 */
export const pool2dGradient: Kernel<Pool2dGradientParams> = {
  name: 'pool2d_gradient',
  sources: ['lib/grid', 'nn/pool2d_gradient'],
  bindings: [
    { name: 'x', access: 'read', dtype: 'f32' },
    { name: 'dy', access: 'read', dtype: 'f32' },
    { name: 'dx', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: ({ kind, epilogue, accumulate }) => ({
    workgroup_size: workgroupSize,
    average: Number(kind === 'average'),
    epilogue: gradientEpilogues.indexOf(epilogue),
    accumulate: Number(accumulate),
  }),
  shape: ({ batch, channels, height, width }) => [batch * channels, height, width],
  workgroups: ({ batch, channels, height, width }) =>
    grid(Math.ceil((batch * channels * Math.ceil(height / 2) * Math.ceil(width / 2)) / workgroupSize)),
  lengths: (params) => {
    const [x, y] = pool2dLengths(params);
    return [x, y, x];
  },
  reference({ batch, channels, height, width, kind, epilogue, accumulate }, buffers) {
    const [x, dy, dx] = [window(buffers, 0), window(buffers, 1), window(buffers, 2)];
    const [outHeight, outWidth] = [Math.floor(height / 2), Math.floor(width / 2)];
    if (!accumulate) dx.fill(0, 0, batch * channels * height * width);
    for (let p = 0; p < batch * channels; p++)
      for (let v = 0; v < outHeight; v++)
        for (let u = 0; u < outWidth; u++) {
          const gradient = at(dy, (p * outHeight + v) * outWidth + u);
          const first = (p * height + 2 * v) * width + 2 * u;
          const places = [first, first + 1, first + width, first + width + 1];
          const top = Math.max(...places.map((place) => at(x, place)));
          const chosen = places.find((place) => at(x, place) === top);
          for (const place of places) {
            const share = kind === 'average' ? gradient / 4 : place === chosen ? gradient : 0;
            dx[place] = at(dx, place) + share * epilogueSlope(epilogue, at(x, place));
          }
        }
  },
};
