/**
 * Positions sorted by their token, earlier ones first among equals: what makes the gradient of an embedding a gather
 * that needs no atomics and always adds in the same order.
 */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';

export interface TokenOrderParams {
  readonly rows: number;
  /** A GPU, not a CPU in place of one. */
  readonly discrete?: boolean;
}

/** How many invocations count for one position: a GPU has more of them than there are positions in a batch. */
function partsOf({ discrete = false }: TokenOrderParams): number {
  return discrete ? 16 : 1;
}

function positionsOf(params: TokenOrderParams): number {
  return params.discrete ? 16 : 64;
}

/** Bindings: tokens u32 [rows], order u32 [rows]. */
export const tokenOrder: Kernel<TokenOrderParams> = {
  name: 'token_order',
  sources: ['lib/grid', 'nn/token_order'],
  bindings: [
    { name: 'tokens', access: 'read', dtype: 'u32' },
    { name: 'order', access: 'read_write', dtype: 'u32' },
  ],
  live: false,
  constants: (params) => ({ positions: positionsOf(params), parts: partsOf(params) }),
  shape: ({ rows }) => [rows],
  workgroups: (params) => grid(Math.ceil(params.rows / positionsOf(params))),
  lengths: ({ rows }) => [rows, rows],
  reference({ rows }, buffers) {
    const [tokens, order] = [window(buffers, 0), window(buffers, 1)];
    const sorted = Array.from({ length: rows }, (_, i) => i).sort(
      (a, b) => at(tokens, a) - at(tokens, b) || a - b,
    );
    sorted.forEach((row, rank) => {
      order[rank] = row;
    });
  },
};
