/** The gradient of a convolution with respect to weights and bias, second half: adds what conv2dWeightGradient wrote. */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';
import { type Conv2dShape, conv2dLengths } from './conv2d.ts';
import { conv2dPartialLength, conv2dWeightParts } from './conv2dWeightGradient.ts';

export interface Conv2dWeightSumParams extends Conv2dShape {
  /** Add to dweights and dbias in place of replacing them. */
  readonly accumulate: boolean;
}

const workgroupSize = 64;

/** Bindings: partial of the first half, dweights [outChannels, inChannels, kernel, kernel], dbias [outChannels]. */
export const conv2dWeightSum: Kernel<Conv2dWeightSumParams> = {
  name: 'conv2d_weight_sum',
  sources: ['lib/grid', 'nn/conv2d_weight_sum'],
  bindings: [
    { name: 'partial', access: 'read', dtype: 'f32' },
    { name: 'dweights', access: 'read_write', dtype: 'f32' },
    { name: 'dbias', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: ({ accumulate }) => ({ workgroup_size: workgroupSize, accumulate: Number(accumulate) }),
  shape: (params) => [conv2dWeightParts(params), params.outChannels, tapsOf(params)],
  workgroups: (params) => grid(Math.ceil((params.outChannels * (tapsOf(params) + 1)) / workgroupSize)),
  lengths: (params) => [conv2dPartialLength(params), conv2dLengths(params)[1], params.outChannels],
  reference(params, buffers) {
    const { outChannels, accumulate } = params;
    const taps = tapsOf(params);
    const [partial, dweights, dbias] = [window(buffers, 0), window(buffers, 1), window(buffers, 2)];
    for (let o = 0; o < outChannels; o++)
      for (let tap = 0; tap <= taps; tap++) {
        let sum = 0;
        for (let p = 0; p < conv2dWeightParts(params); p++)
          sum += at(partial, (p * outChannels + o) * (taps + 1) + tap);
        const [target, place] = tap === taps ? [dbias, o] : [dweights, o * taps + tap];
        target[place] = sum + (accumulate ? at(target, place) : 0);
      }
  },
};

function tapsOf({ inChannels, kernel }: Conv2dShape): number {
  return inChannels * kernel * kernel;
}
