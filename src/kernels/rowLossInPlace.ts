/**
 * The row loss whose gradient takes the place of the logits: the same kernels, parameters and bits, with half the
 * memory where a vocabulary is large. The logits are gone afterwards.
 */
import type { Kernel } from '../tensor/kernel.ts';
import {
  narrowForm,
  type RowForm,
  type RowLossParams,
  rowLoss,
  rowLossBindings,
  rowLossLengths,
  rowLossReference,
  rowLossSources,
} from './rowLoss.ts';
import { registersForm, rowLossRegisters } from './rowLossRegisters.ts';
import { type RowLossShape, rowLossFor, rowLossWide, wideForm } from './rowLossWide.ts';

const [, teacher, labels, flags, , stats] = rowLossBindings;
const logits = { ...rowLossBindings[0], access: 'read_write' } as const;
const gradientAt = 4;

function inPlace(
  apart: Kernel<RowLossParams>,
  formOf: (params: RowLossParams) => RowForm,
): Kernel<RowLossParams> {
  return {
    ...apart,
    name: `${apart.name}_in_place`,
    sources: (params) => rowLossSources(params, 'distill/terms/in_place', formOf(params)),
    bindings: [logits, teacher, labels, flags, stats],
    lengths: (params) => rowLossLengths(params).filter((_, i) => i !== gradientAt),
    reference(params, buffers, live) {
      const [both, ...rest] = buffers;
      if (both !== undefined) {
        rowLossReference(params, [both, ...rest.slice(0, -1), both, ...rest.slice(-1)], live);
      }
    },
  };
}

const narrow = inPlace(rowLoss, (params) => narrowForm(params, false));
const wide = inPlace(rowLossWide, () => wideForm(false));
const registers = inPlace(rowLossRegisters, registersForm);

/** The form of the row loss for rows and classes of that number, with bindings logits (and gradient), teacher, labels, flags, stats. */
export function rowLossInPlaceFor(shape: RowLossShape): Kernel<RowLossParams> {
  const apart = rowLossFor(shape);
  if (apart === rowLoss) return narrow;
  return apart === rowLossWide ? wide : registers;
}
