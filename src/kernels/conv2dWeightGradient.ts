/**
 * The gradient of a convolution with respect to weights and bias, first half: sums over parts of the batch, because
 * there are few weights and many places. conv2dWeightSum adds the parts.
 */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';
import { type Conv2dShape, conv2dLengths, conv2dOutput, conv2dWords } from './conv2d.ts';

const workgroupSize = 32;
/** Enough parts to fill a GPU; the second half adds them one after the other. */
const mostParts = 256;
/** Most numbers in all parts together. */
const mostPartials = 2 ** 20;

/** How a batch is cut: rows of the result (one line of one image) in each part. Follows from the shape alone. */
function cut(shape: Conv2dShape): { readonly parts: number; readonly rowsPerPart: number } {
  const rows = shape.batch * conv2dOutput(shape)[0];
  const affordable = Math.max(1, Math.floor(mostPartials / partLength(shape)));
  const rowsPerPart = Math.ceil(rows / Math.min(mostParts, affordable, rows));
  return { parts: Math.ceil(rows / rowsPerPart), rowsPerPart };
}

/** Numbers in one part: each output channel's weights, then its bias. */
function partLength({ inChannels, outChannels, kernel }: Conv2dShape): number {
  return outChannels * (inChannels * kernel * kernel + 1);
}

export function conv2dWeightParts(shape: Conv2dShape): number {
  return cut(shape).parts;
}

/** Elements of the scratch window between the two halves. */
export function conv2dPartialLength(shape: Conv2dShape): number {
  return cut(shape).parts * partLength(shape);
}

/**
 * Bindings: x [batch, inChannels, height, width], dy [batch, outChannels, outHeight, outWidth], partial [parts,
 * outChannels, inChannels · kernel² + 1], of which the last of each channel is its bias.
 */
export const conv2dWeightGradient: Kernel<Conv2dShape> = {
  name: 'conv2d_weight_gradient',
  sources: ['lib/grid', 'nn/conv2d_weight_gradient'],
  bindings: [
    { name: 'x', access: 'read', dtype: 'f32' },
    { name: 'dy', access: 'read', dtype: 'f32' },
    { name: 'partial', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: () => ({ workgroup_size: workgroupSize }),
  shape: (shape) => [...conv2dWords(shape), cut(shape).rowsPerPart],
  workgroups: (shape) => {
    const tapRows = shape.inChannels * shape.kernel * Math.ceil(shape.kernel / 3);
    const laneGroups = Math.floor(tapRows / workgroupSize) + 1;
    return grid(cut(shape).parts * laneGroups * Math.ceil(shape.outChannels / 8));
  },
  lengths: (shape) => {
    const [x, , y] = conv2dLengths(shape);
    return [x, y, conv2dPartialLength(shape)];
  },
  reference(shape, buffers) {
    const { batch, inChannels, height, width, outChannels, kernel, padding } = shape;
    const [outHeight, outWidth] = conv2dOutput(shape);
    const { parts, rowsPerPart } = cut(shape);
    const taps = inChannels * kernel * kernel;
    const [x, dy, partial] = [window(buffers, 0), window(buffers, 1), window(buffers, 2)];
    partial.fill(0, 0, parts * outChannels * (taps + 1));
    for (let row = 0; row < batch * outHeight; row++) {
      const [b, v, part] = [Math.floor(row / outHeight), row % outHeight, Math.floor(row / rowsPerPart)];
      for (let o = 0; o < outChannels; o++)
        for (let u = 0; u < outWidth; u++) {
          const gradient = at(dy, ((b * outChannels + o) * outHeight + v) * outWidth + u);
          const first = (part * outChannels + o) * (taps + 1);
          partial[first + taps] = at(partial, first + taps) + gradient;
          for (let i = 0; i < inChannels; i++)
            for (let r = 0; r < kernel; r++)
              for (let s = 0; s < kernel; s++) {
                const [line, column] = [v + r - padding, u + s - padding];
                if (line < 0 || line >= height || column < 0 || column >= width) continue;
                const tap = first + (i * kernel + r) * kernel + s;
                const pixel = at(x, ((b * inChannels + i) * height + line) * width + column);
                partial[tap] = at(partial, tap) + gradient * pixel;
              }
        }
    }
  },
};
