/**
 * The row loss with one workgroup a row, for many classes: same bindings, parameters and reference as rowLoss. Which
 * of the two runs is decided here, from the numbers of rows and classes alone, so that no tuning changes a bit of a run.
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
import { readAhead } from './terms/slots.ts';

/** Most classes for which a thread takes a whole row: a CPU has neither barriers to pay nor lanes to wait then. */
const narrowClasses = { software: 1024, discrete: 64 };
/** From this many classes on a GPU gives each row the lanes of a workgroup, while it has more lanes than there are rows. */
const sharedClasses = 6;
const sharedRows = 16_384;

export const rowLossWide: Kernel<RowLossParams> = {
  name: 'row_loss_wide',
  sources: (params) => rowLossSources(params, 'distill/terms/apart', 'distill/row_loss_wide'),
  bindings: rowLossBindings,
  live: true,
  constants: (params) => ({ LANES: lanesFor(params) }),
  shape: (params) => [params.rows, params.classes, oneBits, lanesFor(params) > 64 ? 16 : 8],
  workgroups: ({ rows }) => grid(rows),
  lengths: rowLossLengths,
  reference: rowLossReference,
};

/**
 * How many lanes a row keeps busy. A CPU that plays a workgroup pays for each of them at every barrier; a GPU pays for their sums,
 * and has more of them idle: docs/bench.md has the figures of both.
 */
function lanesFor({ classes, discrete = false }: RowLossParams): number {
  // Of a CPU so few as keep the error of a lane's sum small.
  if (!discrete && classes < 4096) return 8;
  if (!discrete) return classes < 32_768 ? 32 : 128;
  if (classes <= 32 * readAhead) return 32;
  if (classes <= 64 * readAhead) return 64;
  return classes <= 128 * readAhead ? 128 : 256;
}

/** Whether a workgroup takes a row, not a thread. */
function isWide({ rows, classes, discrete = false }: RowLossShape): boolean {
  if (!discrete) return classes > narrowClasses.software;
  return classes > narrowClasses.discrete || (classes >= sharedClasses && rows <= sharedRows);
}

export type RowLossShape = Pick<RowLossParams, 'rows' | 'classes' | 'discrete'>;

/** The form of the row loss for rows and classes of that number. */
export function rowLossFor(shape: RowLossShape): Kernel<RowLossParams> {
  return isWide(shape) ? rowLossWide : rowLoss;
}
