/**
 * DIST between the samples of a batch (Huang et al. 2022): each class should rank the samples as the teacher's does. It
 * runs after the row loss, on the probabilities of softmaxRows and what columnCorrelation found out about their columns.
 */
import { at, type Kernel, type Numbers, window } from '../tensor/kernel.ts';
import { columnStat, columnWidth } from './columnCorrelation.ts';
import { rowStats } from './rowLoss.ts';
import {
  addTermRows,
  clampedTemperature,
  fromProbabilitySlope,
  oneRowEach,
  rowLanes,
  type TermRows,
} from './termRows.ts';

/** Bindings: q, p [rows, V], columns [V, 8], flags, gradient, stats. */
export const distIntra: Kernel<TermRows> = {
  name: 'dist_intra',
  sources: [
    'lib/live',
    'lib/grid',
    'lib/lanes',
    'lib/row_groups',
    'distill/terms/own_slot',
    'distill/dist_intra',
  ],
  bindings: [
    { name: 'q', access: 'read', dtype: 'f32' },
    { name: 'p', access: 'read', dtype: 'f32' },
    { name: 'columns', access: 'read', dtype: 'f32' },
    { name: 'flags', access: 'read', dtype: 'u32' },
    { name: 'gradient', access: 'read_write', dtype: 'f32' },
    { name: 'stats', access: 'read_write', dtype: 'f32' },
  ],
  live: true,
  constants: () => ({ LANES: rowLanes }),
  shape: ({ rows, classes, slot }) => [rows, classes, slot, rowLanes],
  workgroups: oneRowEach,
  lengths: ({ rows, classes }) => {
    const all = rows * classes;
    return [all, all, classes * columnWidth, rows, all, rows * rowStats];
  },
  reference(params, buffers, live) {
    const { classes } = params;
    const [q, p, columns] = [window(buffers, 0), window(buffers, 1), window(buffers, 2)];
    const temperature = clampedTemperature(live);
    const each = temperature ** 2 / classes;
    const ofColumn = (j: number, stat: keyof typeof columnStat): number =>
      at(columns, j * columnWidth + columnStat[stat]);
    addTermRows(params, window(buffers, 3), [window(buffers, 4), window(buffers, 5)], live, (r) => {
      const row = (x: Numbers): Float64Array => Float64Array.from(x.subarray(r * classes, (r + 1) * classes));
      const [own, taught] = [row(q), row(p)];
      let loss = 0;
      const slope = own.map((x, j) => {
        loss += each * ofColumn(j, 'miss');
        const unitP = (at(taught, j) - ofColumn(j, 'meanP')) * ofColumn(j, 'inverseP');
        const unitQ = (x - ofColumn(j, 'meanQ')) * ofColumn(j, 'inverseQ');
        const off = unitP - unitQ + ofColumn(j, 'miss') * unitQ;
        return -each * ofColumn(j, 'rows') * ofColumn(j, 'inverseQ') * off;
      });
      return { loss, gradient: fromProbabilitySlope(own, slope, temperature) };
    });
  },
};
