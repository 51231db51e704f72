/**
 * Convolution of images, as deep learning means it (a correlation), stride 1, square kernel, NCHW. Bias and
 * activation are part of it. No stride, dilation or groups.
 */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';

export interface Conv2dShape {
  readonly batch: number;
  readonly inChannels: number;
  readonly height: number;
  readonly width: number;
  readonly outChannels: number;
  /** Height and width of the kernel; at most the padded image. */
  readonly kernel: number;
  /** Zeros around the image, below `kernel`. */
  readonly padding: number;
}

const epilogues = ['none', 'bias', 'bias_relu', 'bias_tanh'] as const;
export type Conv2dEpilogue = (typeof epilogues)[number];

export interface Conv2dParams extends Conv2dShape {
  readonly epilogue: Conv2dEpilogue;
}

const workgroupSize = 64;

/** Height and width of the result. */
export function conv2dOutput({ height, width, kernel, padding }: Conv2dShape): readonly [number, number] {
  return [height + 2 * padding - kernel + 1, width + 2 * padding - kernel + 1];
}

/** The static window that all convolution shaders share. */
export function conv2dWords(shape: Conv2dShape): readonly number[] {
  const { batch, inChannels, height, width, outChannels, kernel, padding } = shape;
  return [batch, inChannels, height, width, outChannels, ...conv2dOutput(shape), kernel, padding];
}

/** Elements of x, weights and y. */
export function conv2dLengths(shape: Conv2dShape): readonly [number, number, number] {
  const { batch, inChannels, height, width, outChannels, kernel } = shape;
  const [outHeight, outWidth] = conv2dOutput(shape);
  return [
    batch * inChannels * height * width,
    outChannels * inChannels * kernel * kernel,
    batch * outChannels * outHeight * outWidth,
  ];
}

/**
 * Bindings: x [batch, inChannels, height, width], weights [outChannels, inChannels, kernel, kernel], bias
 * [outChannels] (any window without one), y [batch, outChannels, outHeight, outWidth].
 */
export const conv2d: Kernel<Conv2dParams> = {
  name: 'conv2d',
  sources: ['lib/grid', 'lib/math', 'nn/conv2d'],
  bindings: [
    { name: 'x', access: 'read', dtype: 'f32' },
    { name: 'weights', access: 'read', dtype: 'f32' },
    { name: 'bias', access: 'read', dtype: 'f32' },
    { name: 'y', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: ({ epilogue }) => ({ workgroup_size: workgroupSize, epilogue: epilogues.indexOf(epilogue) }),
  shape: conv2dWords,
  workgroups: (shape) => {
    const [outHeight, outWidth] = conv2dOutput(shape);
    const places = shape.batch * outHeight * Math.ceil(outWidth / 4);
    return grid(Math.ceil(places / workgroupSize) * Math.ceil(shape.outChannels / 4));
  },
  lengths: (params) => {
    const [x, weights, y] = conv2dLengths(params);
    return [x, weights, params.epilogue === 'none' ? 1 : params.outChannels, y];
  },
  reference(params, buffers) {
    const { batch, inChannels, height, width, outChannels, kernel, padding, epilogue } = params;
    const [outHeight, outWidth] = conv2dOutput(params);
    const [x, weights, bias, y] = [
      window(buffers, 0),
      window(buffers, 1),
      window(buffers, 2),
      window(buffers, 3),
    ];
    for (let b = 0; b < batch; b++)
      for (let o = 0; o < outChannels; o++)
        for (let v = 0; v < outHeight; v++)
          for (let u = 0; u < outWidth; u++) {
            let sum = 0;
            for (let i = 0; i < inChannels; i++)
              for (let r = 0; r < kernel; r++)
                for (let s = 0; s < kernel; s++) {
                  const [line, column] = [v + r - padding, u + s - padding];
                  if (line < 0 || line >= height || column < 0 || column >= width) continue;
                  const pixel = at(x, ((b * inChannels + i) * height + line) * width + column);
                  sum += pixel * at(weights, ((o * inChannels + i) * kernel + r) * kernel + s);
                }
            const z = epilogue === 'none' ? sum : sum + at(bias, o);
            y[((b * outChannels + o) * outHeight + v) * outWidth + u] = activate(epilogue, z);
          }
  },
};

function activate(epilogue: Conv2dEpilogue, z: number): number {
  switch (epilogue) {
    case 'none':
    case 'bias':
      return z;
    case 'bias_relu':
      return Math.max(z, 0);
    case 'bias_tanh':
      return Math.tanh(z);
  }
}
