/**
 * The matrix product with its epilogue, from registers alone: 8 × 8 elements an invocation. Its twin in workgroup
 * memory is matmulTiled.ts, with the same parameters, bindings and bits; matmulChoice.ts says which to take.
 */
import { at, type Kernel, type Numbers, type Source, window } from '../tensor/kernel.ts';
import { quadLibrary } from './quads.ts';

/** What is done to each finished sum. The order is that of `shaders/lib/matmul_epilogue.wgsl`. */
const epilogues = [
  'none',
  'bias',
  'bias_relu',
  'bias_tanh',
  'times_relu_gradient',
  'times_tanh_gradient',
] as const;
export type Epilogue = (typeof epilogues)[number];

export interface MatmulShape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** b is stored as [n, k]. */
  readonly transposeB: boolean;
  /** Add to y in place of replacing it. */
  readonly accumulate: boolean;
}

export interface MatmulParams extends MatmulShape {
  /** `times_…_gradient`: times the derivative of an activation, taken from its saved result (`extra`, as y). */
  readonly epilogue: Epilogue;
}

/** Rows and columns of an invocation's tile. */
const tile = 8;
const ownSources: readonly Source[] = ['lib/math', 'lib/tile8', 'lib/matmul_epilogue', 'tensor/matmul'];

/**
 * y = epilogue(a·b), k ascending. Bindings: a [m, k], b [k, n] (or [n, k] where `transposeB`), extra: the bias [n], or
 * the saved activation [m, n] whose derivative multiplies, or anything with no epilogue; y [m, n].
 */
export const matmul: Kernel<MatmulParams> = {
  name: 'matmul',
  sources: [quadLibrary.otherwise, ...ownSources],
  bindings: [
    { name: 'a', access: 'read', dtype: 'f32' },
    { name: 'b', access: 'read', dtype: 'f32' },
    { name: 'extra', access: 'read', dtype: 'f32' },
    { name: 'y', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants(params) {
    const [columns, rows] = workgroupOf(params.n);
    return {
      workgroup_columns: columns,
      workgroup_rows: rows,
      vector_b: Number(!params.transposeB && params.n % 4 === 0),
      ...variantOf(params),
    };
  },
  shape: ({ m, n, k }) => [m, n, k],
  workgroups({ m, n }) {
    const [columns, rows] = workgroupOf(n);
    return [Math.ceil(n / (tile * columns)), Math.ceil(m / (tile * rows)), 1];
  },
  lengths: matmulLengths,
  reference: matmulReference,
};

/** The same, where four lanes read a row of a for each other: for CPU adapters. The same bits. */
export const matmulOfQuads: Kernel<MatmulParams> = { ...matmul, sources: [quadLibrary, ...ownSources] };

/** Sixteen invocations, as few of them as possible beyond the last column. */
export function workgroupOf(columns: number): readonly [number, number] {
  const tiles = Math.ceil(columns / tile);
  if (tiles === 1) return [1, 16];
  return tiles === 2 ? [2, 8] : [4, 4];
}

export function variantOf({ transposeB, epilogue, accumulate }: MatmulParams): Record<string, number> {
  return {
    transpose_b: Number(transposeB),
    epilogue: epilogues.indexOf(epilogue),
    accumulate: Number(accumulate),
  };
}

export function matmulLengths({ m, n, k, epilogue }: MatmulParams): readonly number[] {
  return [m * k, k * n, extraLength(epilogue, m, n), m * n];
}

function extraLength(epilogue: Epilogue, m: number, n: number): number {
  switch (epilogue) {
    case 'none':
      return 1;
    case 'bias':
    case 'bias_relu':
    case 'bias_tanh':
      return n;
    case 'times_relu_gradient':
    case 'times_tanh_gradient':
      return m * n;
  }
}

export function matmulReference(params: MatmulParams, buffers: readonly Numbers[]): void {
  const { m, n, k, transposeB, epilogue, accumulate } = params;
  const [a, b] = [window(buffers, 0), window(buffers, 1)]; // (m, k), (k, n) or (n, k)
  const [extra, y] = [window(buffers, 2), window(buffers, 3)]; // (n) or (m, n), (m, n)
  for (let row = 0; row < m; row++) {
    for (let column = 0; column < n; column++) {
      let sum = 0;
      for (let p = 0; p < k; p++) {
        sum += at(a, row * k + p) * at(b, transposeB ? column * k + p : p * n + column);
      }
      const i = row * n + column;
      const value = finishProduct(epilogue, sum, extra, i, column);
      y[i] = accumulate ? at(y, i) + value : value;
    }
  }
}

/** What becomes of the sum of element i in its column. */
export function finishProduct(
  epilogue: Epilogue,
  sum: number,
  extra: Numbers,
  i: number,
  column: number,
): number {
  switch (epilogue) {
    case 'none':
      return sum;
    case 'bias':
      return sum + at(extra, column);
    case 'bias_relu':
      return Math.max(sum + at(extra, column), 0);
    case 'bias_tanh':
      return Math.tanh(sum + at(extra, column));
    case 'times_relu_gradient':
      return at(extra, i) > 0 ? sum : 0;
    case 'times_tanh_gradient':
      return sum * (1 - at(extra, i) ** 2);
  }
}
