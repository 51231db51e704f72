/** Tokens as 64-bit integers, which is how exporters have models of language read them. For no other numbers. */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';

export interface WidenTokensParams {
  readonly length: number;
}

const workgroupSize = 64;

/** Bindings: x u32 [length], wide u32 [2 · length], the lower word of each first. */
export const widenTokens: Kernel<WidenTokensParams> = {
  name: 'widen_tokens',
  sources: ['lib/grid', 'tensor/widen_tokens'],
  bindings: [
    { name: 'x', access: 'read', dtype: 'u32' },
    { name: 'wide', access: 'read_write', dtype: 'u32' },
  ],
  live: false,
  constants: () => ({ workgroup_size: workgroupSize }),
  shape: ({ length }) => [length],
  workgroups: ({ length }) => grid(Math.ceil(length / workgroupSize)),
  lengths: ({ length }) => [length, 2 * length],
  reference({ length }, buffers) {
    const [x, wide] = [window(buffers, 0), window(buffers, 1)];
    for (let i = 0; i < length; i++) {
      wide[2 * i] = at(x, i);
      wide[2 * i + 1] = 0;
    }
  },
};
