/** Pooling of images by halves: windows of 2 × 2, stride 2, NCHW. Other windows do not exist here. */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';

export interface Pool2dParams {
  readonly batch: number;
  readonly channels: number;
  /** At least 2; an odd last line or column is left out. */
  readonly height: number;
  readonly width: number;
  readonly kind: 'max' | 'average';
}

const workgroupSize = 64;

/** Elements of x and y. */
export function pool2dLengths({ batch, channels, height, width }: Pool2dParams): readonly [number, number] {
  const planes = batch * channels;
  return [planes * height * width, planes * Math.floor(height / 2) * Math.floor(width / 2)];
}

/** Bindings: x [batch, channels, height, width], y [batch, channels, ⌊height/2⌋, ⌊width/2⌋]. */
export const pool2d: Kernel<Pool2dParams> = {
  name: 'pool2d',
  sources: ['lib/grid', 'nn/pool2d'],
  bindings: [
    { name: 'x', access: 'read', dtype: 'f32' },
    { name: 'y', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: ({ kind }) => ({ workgroup_size: workgroupSize, average: Number(kind === 'average') }),
  shape: ({ batch, channels, height, width }) => [batch * channels, height, width],
  workgroups: (params) => grid(Math.ceil(pool2dLengths(params)[1] / workgroupSize)),
  lengths: pool2dLengths,
  reference({ batch, channels, height, width, kind }, buffers) {
    const [x, y] = [window(buffers, 0), window(buffers, 1)];
    const [outHeight, outWidth] = [Math.floor(height / 2), Math.floor(width / 2)];
    for (let p = 0; p < batch * channels; p++)
      for (let v = 0; v < outHeight; v++)
        for (let u = 0; u < outWidth; u++) {
          const first = (p * height + 2 * v) * width + 2 * u;
          const four = [first, first + 1, first + width, first + width + 1].map((place) => at(x, place));
          const pooled = kind === 'max' ? Math.max(...four) : four.reduce((sum, value) => sum + value, 0) / 4;
          y[(p * outHeight + v) * outWidth + u] = pooled;
        }
  },
};
