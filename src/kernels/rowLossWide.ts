/**
 * The row loss with one workgroup a row, for many classes where a CPU plays the GPU: same bindings, parameters and reference as rowLoss.
 * Which of the three forms runs is decided here, from the numbers of rows and classes and the kind of adapter alone, so that no tuning
 * changes a bit of a run.
 */
import type { AdapterSummary } from '../tensor/executor.ts';
import { grid, type Kernel } from '../tensor/kernel.ts';
import {
  oneBits,
  type RowForm,
  type RowLossParams,
  rowLoss,
  rowLossBindings,
  rowLossLengths,
  rowLossReference,
  rowLossSources,
} from './rowLoss.ts';
import { rowLossRegisters, usualLanes } from './rowLossRegisters.ts';

/** Most classes for which a thread takes a whole row: a CPU has neither barriers to pay nor lanes to wait then. */
const narrowClasses = { software: 1024, discrete: 20 };
/** From this many classes on a GPU gives each row the lanes of a workgroup, while it has more lanes than there are rows. */
const sharedClasses = 6;
const sharedRows = 16_384;
export const rowLossWide: Kernel<RowLossParams> = {
  name: 'row_loss_wide',
  sources: (params) => rowLossSources(params, 'distill/terms/apart', wideForm(true)),
  bindings: rowLossBindings,
  live: true,
  constants: (params) => ({ LANES: lanesFor(params) }),
  shape: (params) => [params.rows, params.classes, oneBits, lanesFor(params) > 64 ? 16 : 8],
  workgroups: ({ rows }) => grid(rows),
  lengths: rowLossLengths,
  reference: rowLossReference,
};

/** A workgroup a row: see `narrowForm`. */
export function wideForm(apart: boolean): RowForm {
  return {
    main: ['distill/terms/shared_row', 'distill/row_loss_wide'],
    holds: apart,
    labelsApart: false,
    lean: false,
  };
}

/** How many lanes a row keeps busy. A CPU pays for each of them at every barrier: so few as keep the error of a lane's sum small. */
function lanesFor({ classes }: RowLossParams): number {
  if (classes < 4096) return 8;
  return classes < 32_768 ? 32 : 128;
}

/** Lanes of a row that are one subgroup, where every subgroup is as large; smaller ones are slower than workgroup memory. */
const rowSubgroup = 32;

/** Lanes that a row may have where a workgroup may be larger than on every adapter. */
const manyLanes = 512;

/** What of an adapter decides how rows are taken, as it is in the parameters. */
export function rowAdapter(
  adapter: Pick<AdapterSummary, 'software' | 'subgroup' | 'workgroup'>,
): Required<Pick<RowLossParams, 'discrete' | 'subgroup' | 'mostLanes'>> {
  const whole = !adapter.software && adapter.subgroup >= rowSubgroup;
  return {
    discrete: !adapter.software,
    subgroup: whole ? rowSubgroup : 0,
    mostLanes: adapter.workgroup >= manyLanes ? manyLanes : usualLanes,
  };
}

/** Whether a workgroup takes a row, not a thread. */
function isWide({ rows, classes, discrete = false }: RowLossShape): boolean {
  if (!discrete) return classes > narrowClasses.software;
  return classes > narrowClasses.discrete || (classes >= sharedClasses && rows <= sharedRows);
}

export type RowLossShape = Pick<RowLossParams, 'rows' | 'classes' | 'discrete'>;

/** The form of the row loss for rows and classes of that number. */
export function rowLossFor(shape: RowLossShape): Kernel<RowLossParams> {
  if (!isWide(shape)) return rowLoss;
  return shape.discrete ? rowLossRegisters : rowLossWide;
}
