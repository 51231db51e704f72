/**
 * The gradient of an embedding table, added to what its buffer holds (zeros, or a tied head's gradient). The embedding
 * itself is gatherRows; the order of positions comes from tokenOrder.
 */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';

export interface EmbeddingGradientParams {
  readonly rows: number;
  readonly width: number;
  readonly vocabulary: number;
}

const workgroupSize = 64;

/** Bindings: tokens, order u32 [rows], dy [rows, width], dw [vocabulary, width]. Tokens past the last have no gradient. */
export const embeddingGradient: Kernel<EmbeddingGradientParams> = {
  name: 'embedding_gradient',
  sources: ['lib/grid', 'nn/embedding_gradient'],
  bindings: [
    { name: 'tokens', access: 'read', dtype: 'u32' },
    { name: 'order', access: 'read', dtype: 'u32' },
    { name: 'dy', access: 'read', dtype: 'f32' },
    { name: 'dw', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: () => ({ workgroup_size: workgroupSize }),
  shape: ({ rows, width, vocabulary }) => [rows, width, vocabulary],
  workgroups: ({ rows, width }) => grid(Math.ceil((rows * width) / workgroupSize)),
  lengths: ({ rows, width, vocabulary }) => [rows, rows, rows * width, vocabulary * width],
  reference({ rows, width, vocabulary }, buffers) {
    const [tokens, dy, dw] = [window(buffers, 0), window(buffers, 2), window(buffers, 3)];
    for (let row = 0; row < rows; row++) {
      const token = at(tokens, row);
      if (token >= vocabulary) continue;
      for (let c = 0; c < width; c++)
        dw[token * width + c] = at(dw, token * width + c) + at(dy, row * width + c);
    }
  },
};
