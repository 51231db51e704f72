/**
 * The row loss with one workgroup a row, for many classes: same bindings, parameters and reference as rowLoss. Which
 * of the two runs is decided here, from the number of classes alone, so that no tuning changes a bit of a run.
 */
import { grid, type Kernel } from '../tensor/kernel.ts';
import {
  oneBits,
  type RowLossParams,
  rowLoss,
  rowLossBindings,
  rowLossLengths,
  rowLossReference,
  rowLossSources,
} from './rowLoss.ts';

/** Most classes for which a thread takes a whole row. */
const narrowClasses = 64;
/** From here on a row keeps 256 lanes busy. Fewer classes have fewer lanes: a CPU adapter pays for each at every barrier. */
const manyClasses = 2048;

export const rowLossWide: Kernel<RowLossParams> = {
  name: 'row_loss_wide',
  sources: ({ terms }) => rowLossSources(terms, 'distill/terms/apart', 'distill/row_loss_wide'),
  bindings: rowLossBindings,
  live: true,
  constants: ({ classes }) => ({ LANES: lanesFor(classes) }),
  shape: ({ rows, classes }) => [rows, classes, oneBits, lanesFor(classes) === 256 ? 16 : 8],
  workgroups: ({ rows }) => grid(rows),
  lengths: rowLossLengths,
  reference: rowLossReference,
};

function lanesFor(classes: number): number {
  return classes < manyClasses ? 32 : 256;
}

/** The form of the row loss for `classes` classes. */
export function rowLossFor(classes: number): Kernel<RowLossParams> {
  return classes <= narrowClasses ? rowLoss : rowLossWide;
}
