/** The softened probabilities of student and teacher, for losses that look at whole columns of a batch. */
import { at, type Kernel, window } from '../tensor/kernel.ts';
import { oneBits, rowFlag } from './rowLoss.ts';
import { clampedTemperature, logSoftmaxOf, oneRowEach, rowLanes, rowLibrary, tamedRow } from './termRows.ts';

export interface SoftmaxRowsParams {
  readonly rows: number;
  readonly classes: number;
}

/** Bindings: logits, teacher [rows, V], flags, q, p [rows, V]. */
export const softmaxRows: Kernel<SoftmaxRowsParams> = {
  name: 'softmax_rows',
  sources: [...rowLibrary, 'lib/lanes', 'lib/row_groups', 'distill/terms/row_lanes', 'distill/softmax_rows'],
  bindings: [
    { name: 'logits', access: 'read', dtype: 'f32' },
    { name: 'teacher', access: 'read', dtype: 'f32' },
    { name: 'flags', access: 'read', dtype: 'u32' },
    { name: 'q', access: 'read_write', dtype: 'f32' },
    { name: 'p', access: 'read_write', dtype: 'f32' },
  ],
  live: true,
  constants: () => ({ LANES: rowLanes }),
  shape: ({ rows, classes }) => [rows, classes, rowLanes, oneBits],
  workgroups: oneRowEach,
  lengths: ({ rows, classes }) => {
    const all = rows * classes;
    return [all, all, rows, all, all];
  },
  reference({ rows, classes }, buffers, live) {
    const [logits, teacher, flags] = [window(buffers, 0), window(buffers, 1), window(buffers, 2)];
    for (let r = 0; r < rows; r++) {
      const valid = (at(flags, r) & rowFlag.valid) !== 0;
      [logits, teacher].forEach((raw, side) => {
        const soft = logSoftmaxOf(tamedRow(raw, r, classes), clampedTemperature(live)).map(Math.exp);
        window(buffers, 3 + side).set(valid ? soft : new Float64Array(classes), r * classes);
      });
    }
  },
};
