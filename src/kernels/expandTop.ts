/**
 * The k largest recorded answers of a row, and one number for the rest, as logits of a batch: so that dense answers over
 * all rows exist nowhere. Words pass as bits.
 */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';

export interface ExpandTopParams {
  readonly samples: number;
  readonly positions: number;
  readonly classes: number;
  readonly k: number;
  readonly sourceSamples: number;
}

const workgroupSize = 64;

/**
 * Bindings: indices u32 [samples], values [sourceSamples × positions, k + 1], ids u32 [sourceSamples × positions, k], each
 * once in a row, y [samples × positions, classes]. An index past the end gives zeros.
 */
export const expandTop: Kernel<ExpandTopParams> = {
  name: 'expand_top',
  sources: ['lib/grid', 'distill/expand_top'],
  bindings: [
    { name: 'indices', access: 'read', dtype: 'u32' },
    { name: 'values', access: 'read', dtype: 'f32' },
    { name: 'ids', access: 'read', dtype: 'u32' },
    { name: 'y', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: () => ({ workgroup_size: workgroupSize }),
  shape: ({ samples, positions, classes, k, sourceSamples }) => [
    samples * positions,
    positions,
    classes,
    k,
    sourceSamples,
  ],
  workgroups: ({ samples, positions }) => grid(samples * positions),
  lengths({ samples, positions, classes, k, sourceSamples }) {
    const rows = sourceSamples * positions;
    return [samples, rows * (k + 1), rows * k, samples * positions * classes];
  },
  reference({ samples, positions, classes, k, sourceSamples }, buffers) {
    const [indices, values] = [window(buffers, 0), window(buffers, 1)];
    const [ids, y] = [window(buffers, 2), window(buffers, 3)];
    for (let row = 0; row < samples * positions; row++) {
      const sample = at(indices, Math.floor(row / positions));
      const known = sample < sourceSamples;
      const from = sample * positions + (row % positions);
      y.fill(known ? at(values, from * (k + 1) + k) : 0, row * classes, (row + 1) * classes);
      for (let i = 0; known && i < k; i++) {
        const id = at(ids, from * k + i);
        if (id < classes) y[row * classes + id] = at(values, from * (k + 1) + i);
      }
    }
  },
};
