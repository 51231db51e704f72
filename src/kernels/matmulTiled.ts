/**
 * The matrix product with its epilogue, through workgroup memory. The twin of matmul.ts for GPUs, equal to it in
 * parameters, bindings and bits.
 */
import type { Kernel, Source } from '../tensor/kernel.ts';
import { type MatmulParams, matmul, matmulLengths, matmulReference, variantOf } from './matmul.ts';

/** Invocations along a workgroup's columns and rows, rows and columns of an invocation's part, terms of a slice. */
export interface TiledForm {
  readonly sideX: number;
  readonly sideY: number;
  readonly rows: 2 | 4 | 8;
  readonly columns: 4 | 8;
  readonly depth: number;
  /** How many terms are written out in the kernel's text; a loop takes them `depth / unroll` times. */
  readonly unroll: number;
}

/** From the fewest reads an element to the most workgroups. docs/bench.md has what each of them reaches. */
export const forms: readonly [TiledForm, ...TiledForm[]] = [
  { sideX: 16, sideY: 16, rows: 8, columns: 8, depth: 16, unroll: 16 },
  { sideX: 8, sideY: 8, rows: 4, columns: 8, depth: 16, unroll: 16 },
  { sideX: 8, sideY: 8, rows: 4, columns: 4, depth: 16, unroll: 1 },
  { sideX: 8, sideY: 8, rows: 2, columns: 4, depth: 32, unroll: 1 },
];
/** Larger parts are kept back until a product has this many workgroups, so that a small one uses more of the GPU. */
const enoughWorkgroups = 256;

/** Which form a result of this many rows and columns takes. */
export type FormChoice = (rows: number, columns: number) => TiledForm;

/** Bindings and result as `matmul`. */
export const matmulTiled: Kernel<MatmulParams> = matmulInForm(formOf);

/** For tests of a form at sizes that would not be given it. */
export function matmulInForm(choose: FormChoice): Kernel<MatmulParams> {
  return {
    name: 'matmul_tiled',
    sources: (params) => tiledSources(params, choose(params.m, params.n)),
    bindings: matmul.bindings,
    live: false,
    constants(params) {
      const { epilogue, accumulate } = variantOf(params);
      return { ...vectorsOf(params), epilogue: epilogue ?? 0, accumulate: accumulate ?? 0 };
    },
    shape: ({ m, n, k }) => [m, n, k, k],
    workgroups: ({ m, n }) => formWorkgroups(choose(m, n), m, n),
    lengths: matmulLengths,
    reference: matmulReference,
  };
}

export function tiledSources(
  { transposeB }: Pick<MatmulParams, 'transposeB'>,
  form: TiledForm,
): readonly Source[] {
  const slices = sliceSources(form, rowSlice.along, transposeB ? columnSlice.along : columnSlice.across);
  return ['lib/math', 'lib/matmul_epilogue', ...slices, 'tensor/matmul_tiled'];
}

/** Which operands are read in whole vectors. */
export function vectorsOf({ k, n, transposeB }: Pick<MatmulParams, 'k' | 'n' | 'transposeB'>) {
  return { vector_a: Number(k % 4 === 0), vector_b: Number((transposeB ? k : n) % 4 === 0) };
}

/** The form for a result of this size: from the shape alone, so that it is the same on every adapter. */
export function formOf(rows: number, columns: number): TiledForm {
  const fits = (form: TiledForm) => {
    const [width, height, depth] = formWorkgroups(form, rows, columns);
    return width * height * depth >= enoughWorkgroups && isFilled(form, columns);
  };
  return forms.find(fits) ?? forms[forms.length - 1] ?? forms[0];
}

/** Whether more than half of a workgroup's columns are the result's. */
export function isFilled(form: TiledForm, columns: number): boolean {
  return 2 * columns > form.sideX * form.columns;
}

/** The slice of an operand that is contiguous along the terms of the sum, or across them. */
export const rowSlice = { along: 'lib/matmul_rows_along', across: 'lib/matmul_rows_across' };
export const columnSlice = { along: 'lib/matmul_columns_along', across: 'lib/matmul_columns_across' };

/** lib/matmul_slices in a form. */
export function sliceSources(form: TiledForm, rows: string, columns: string): readonly Source[] {
  return ['lib/tile8', formSource(form), { path: 'lib/matmul_slices', times: form.unroll }, rows, columns];
}

/** Not `override`s: those give no lengths to arrays within arrays. */
function formSource({ sideX, sideY, rows, columns, depth, unroll }: TiledForm): Source {
  const constants = { side_x: sideX, side_y: sideY, part_rows: rows, part_columns: columns, depth, unroll };
  const lines = Object.entries(constants).map(([name, value]) => `const ${name}: u32 = ${value}u;`);
  return { name: 'form', text: lines.join('\n') };
}

export function formWorkgroups(
  form: TiledForm,
  rows: number,
  columns: number,
): readonly [number, number, number] {
  return [Math.ceil(columns / (form.sideX * form.columns)), Math.ceil(rows / (form.sideY * form.rows)), 1];
}
