/**
 * The row loss for a GPU: a workgroup a row, which is read once and stays in its lanes' registers where it fits. Bindings, parameters and
 * reference are those of rowLoss; rowLossWide.ts says when it is taken.
 */
import { grid, type Kernel } from '../tensor/kernel.ts';
import {
  oneBits,
  type RowForm,
  type RowLossParams,
  rowLossBindings,
  rowLossLengths,
  rowLossReference,
  rowLossSources,
} from './rowLoss.ts';

/** Fours of a lane: more of them leave a GPU fewer rows at a time, fewer more sums of lanes; where rows are few, these cost nothing. */
const usualFours = 4;
const fewFours = 2;
const fewRows = 512;
/** Those of rows from so many classes on, for which more lanes would have to meet. */
const mostFours = 8;
const longRow = 2048;
/** Those of a turn: see docs/bench.md. */
const streamedFours = { together: 2, alone: 4 };
/** Lanes of a row: where they meet in workgroup memory at least, and at most where it is not very long. */
const leastLanes = 32;
export const usualLanes = 256;
export const rowLossRegisters: Kernel<RowLossParams> = {
  name: 'row_loss_registers',
  sources: (params) => rowLossSources(params, 'distill/terms/apart', registersForm(params)),
  bindings: rowLossBindings,
  live: true,
  constants: () => ({}),
  shape: ({ rows, classes }) => [rows, classes, oneBits],
  workgroups: ({ rows }) => grid(rows),
  lengths: rowLossLengths,
  reference: rowLossReference,
};

/** How lanes take a row: see row_loss_registers.wgsl. */
export interface RowTaking {
  readonly lanes: number;
  readonly fours: number;
  readonly turns: number;
}

/** See `narrowForm`; where a row is taken in one turn a slope waits in a register, also where the gradient takes the place of the logits. */
export function registersForm(params: RowLossParams, taking = takingOf(params)): RowForm {
  const { classes, subgroup = 0 } = params;
  const { lanes, fours, turns } = taking;
  const numbers = {
    LANES: lanes,
    FOURS: fours,
    TURNS: turns,
    ...(subgroup > 0 ? { SUBGROUPS: lanes / subgroup } : { BANDS: lanes >= 128 ? 16 : 8 }),
  };
  const constants = Object.entries(numbers).map(([name, value]) => `const ${name} = ${value}u;\n`);
  const whole = classes === 4 * lanes * fours * turns;
  return {
    directives: subgroup > 0 ? 'enable subgroups;\ndiagnostic(off, subgroup_uniformity);\n' : '',
    main: [
      {
        name: 'form',
        text: `${constants.join('')}const WHOLE = ${whole};\nconst VECTORS = ${classes % 4 === 0};\n`,
      },
      ...(subgroup > 0
        ? ['distill/terms/together_subgroups']
        : ['distill/terms/shared_row', 'distill/terms/together_lanes']),
      { path: 'distill/row_loss_registers', times: 4 * fours },
    ],
    fours: classes % 4 === 0 ? 'vectors' : 'single',
    holds: turns === 1,
    labelsApart: true,
    lean: true,
  };
}

export function takingOf({ rows, classes, subgroup = 0, mostLanes = usualLanes }: RowLossParams): RowTaking {
  const fours = rows <= fewRows ? fewFours : classes < longRow ? usualFours : mostFours;
  let lanes = subgroup > 0 ? subgroup : leastLanes;
  while (lanes < usualLanes && classes > 4 * fours * lanes) lanes *= 2;
  // Workgroup memory has no room for more of them.
  if (subgroup > 0 && classes > 4 * mostFours * lanes) lanes = Math.max(lanes, mostLanes);
  const needed = Math.ceil(classes / (4 * lanes));
  if (needed <= mostFours) return { lanes, fours: needed, turns: 1 };
  const taken = subgroup > 0 ? streamedFours.together : streamedFours.alone;
  return { lanes, fours: taken, turns: Math.ceil(needed / taken) };
}
