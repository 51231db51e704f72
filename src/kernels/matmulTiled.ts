/**
 * The matrix product with its epilogue, through workgroup memory. The twin of matmul.ts for GPUs, equal to it in
 * parameters, bindings and bits.
 */
import type { Kernel } from '../tensor/kernel.ts';
import { type MatmulParams, matmul, matmulLengths, matmulReference, variantOf } from './matmul.ts';

/** Invocations along a workgroup's columns and rows, rows and columns of an invocation's part, terms of a slice. */
export interface TiledForm {
  readonly sideX: number;
  readonly sideY: number;
  readonly rows: 2 | 4 | 8;
  readonly columns: 4 | 8;
  readonly depth: number;
}

/** From the fewest reads an element to the most workgroups. docs/bench.md has what each of them reaches. */
export const forms: readonly [TiledForm, ...TiledForm[]] = [
  { sideX: 16, sideY: 16, rows: 8, columns: 8, depth: 16 },
  { sideX: 8, sideY: 8, rows: 4, columns: 8, depth: 16 },
  { sideX: 8, sideY: 8, rows: 4, columns: 4, depth: 16 },
  { sideX: 8, sideY: 8, rows: 2, columns: 4, depth: 32 },
];
/** Larger parts are kept back until a product has this many workgroups, so that a small one uses more of the GPU. */
const enoughWorkgroups = 256;

/** Which form a result of this many rows and columns takes. */
export type FormChoice = (rows: number, columns: number) => TiledForm;

export const tiledSources = [
  'lib/math',
  'lib/tile8',
  'lib/matmul_slices',
  'lib/matmul_epilogue',
  'tensor/matmul_tiled',
] as const;

/** Bindings and result as `matmul`. */
export const matmulTiled: Kernel<MatmulParams> = matmulInForm(formOf);

/** For tests of a form at sizes that would not be given it. */
export function matmulInForm(choose: FormChoice): Kernel<MatmulParams> {
  return {
    name: 'matmul_tiled',
    sources: tiledSources,
    bindings: matmul.bindings,
    live: false,
    constants: (params) => ({ ...tiledConstants(params, choose(params.m, params.n)), ...variantOf(params) }),
    shape: ({ m, n, k }) => [m, n, k, k],
    workgroups: ({ m, n }) => formWorkgroups(choose(m, n), m, n),
    lengths: matmulLengths,
    reference: matmulReference,
  };
}

export function tiledConstants(
  { k, n, transposeB }: Pick<MatmulParams, 'k' | 'n' | 'transposeB'>,
  form: TiledForm,
): Record<string, number> {
  return {
    ...formConstants(form),
    vector_a: Number(k % 4 === 0),
    vector_b: Number((transposeB ? k : n) % 4 === 0),
  };
}

/** The form for a result of this size: from the shape alone, so that it is the same on every adapter. */
export function formOf(rows: number, columns: number): TiledForm {
  const fits = (form: TiledForm) => {
    const [width, height, depth] = formWorkgroups(form, rows, columns);
    return width * height * depth >= enoughWorkgroups && 2 * columns > form.sideX * form.columns;
  };
  return forms.find(fits) ?? forms[forms.length - 1] ?? forms[0];
}

export function formConstants(form: TiledForm): Record<string, number> {
  return {
    side_x: form.sideX,
    side_y: form.sideY,
    part_rows: form.rows,
    part_columns: form.columns,
    depth: form.depth,
  };
}

export function formWorkgroups(
  form: TiledForm,
  rows: number,
  columns: number,
): readonly [number, number, number] {
  return [Math.ceil(columns / (form.sideX * form.columns)), Math.ceil(rows / (form.sideY * form.rows)), 1];
}
