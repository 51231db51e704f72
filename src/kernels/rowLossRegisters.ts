/**
 * The row loss for a GPU: a workgroup a row, which is read once and stays in its lanes' registers. Bindings, parameters and
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
/** Those of the longest rows. */
const mostFours = 8;
/** Lanes of a row: where they meet in workgroup memory at least, and at most what every adapter has. */
const leastLanes = 32;
const mostLanes = 256;
/** The longest row. */
export const mostInRegisters = 4 * mostFours * mostLanes;

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

/** See `narrowForm`; a slope waits in a register, also where the gradient takes the place of the logits. */
export function registersForm(params: RowLossParams): RowForm {
  const { classes, subgroup = 0 } = params;
  const lanes = lanesFor(params);
  const fours = Math.ceil(classes / (4 * lanes));
  const numbers = {
    LANES: lanes,
    FOURS: fours,
    ...(subgroup > 0 ? { SUBGROUPS: lanes / subgroup } : { BANDS: lanes >= 128 ? 16 : 8 }),
  };
  const constants = Object.entries(numbers).map(([name, value]) => `const ${name} = ${value}u;\n`);
  return {
    directives: subgroup > 0 ? 'enable subgroups;\ndiagnostic(off, subgroup_uniformity);\n' : '',
    main: [
      { name: 'form', text: `${constants.join('')}const WHOLE = ${classes % (4 * lanes) === 0};\n` },
      ...(subgroup > 0
        ? ['distill/terms/together_subgroups']
        : ['distill/terms/shared_row', 'distill/terms/together_lanes']),
      { path: 'distill/row_loss_registers', times: 4 * fours },
    ],
    fours: classes % 4 === 0 ? 'vectors' : 'single',
    holds: true,
    ahead: 1,
    labelsApart: true,
  };
}

function lanesFor({ rows, classes, subgroup = 0 }: RowLossParams): number {
  const fours = rows <= fewRows ? fewFours : usualFours;
  let lanes = subgroup > 0 ? subgroup : leastLanes;
  while (lanes < mostLanes && classes > 4 * fours * lanes) lanes *= 2;
  return lanes;
}
