/**
 * A matrix product whose sum is cut into parts, first half: for a result of few elements from many terms, which has too few
 * workgroups to fill a GPU. matmulSum adds the parts. How many there are follows from the shape alone.
 */
import { at, type Kernel, window } from '../tensor/kernel.ts';
import { type MatmulParams, matmul, matmulLengths } from './matmul.ts';
import {
  formOf,
  forms,
  formWorkgroups,
  isFilled,
  type TiledForm,
  tiledSources,
  vectorsOf,
} from './matmulTiled.ts';

type Extents = Pick<MatmulParams, 'm' | 'n' | 'k'>;
export type SplitShape = Pick<MatmulParams, 'm' | 'n' | 'k' | 'transposeB'> & { readonly parts: number };

/** Parts are added until there are so many workgroups. Twice what a whole product needs, since these are small. */
const enoughWorkgroups = 512;
/** Fewer terms than these are not worth a second dispatch. */
const fewestTerms = 1024;
/** Most numbers in all parts together, of the first operand's: few enough that a head in chunks stays within an eighth of its memory. */
const mostOfOperand = 1 / 12;
/** Parts begin at whole slices of every form. */
const slice = 32;

/** Into how many parts a GPU cuts the sum of a product; 1 for nearly all. */
export function partsOf({ m, n, k }: Extents): number {
  if (groupsOf(formOf(m, n), m, n) >= enoughWorkgroups) return 1;
  const parts = partsIn(splitFormOf({ m, n, k }), { m, n, k });
  return parts <= 1 ? 1 : Math.ceil(k / termsOf(k, parts));
}

/** The largest form that has enough workgroups with as many parts as it may have, else that of a whole product. */
function splitFormOf(shape: Extents): TiledForm {
  const { m, n } = shape;
  const fills = (form: TiledForm) => groupsOf(form, m, n) * partsIn(form, shape) >= enoughWorkgroups;
  return forms.find((form) => isFilled(form, n) && fills(form)) ?? formOf(m, n);
}

function partsIn(form: TiledForm, { m, n, k }: Extents): number {
  const wanted = Math.ceil(enoughWorkgroups / groupsOf(form, m, n));
  return Math.min(wanted, Math.floor(k / fewestTerms), Math.floor((mostOfOperand * k) / n));
}

function groupsOf(form: TiledForm, m: number, n: number): number {
  const [width, height] = formWorkgroups(form, m, n);
  return width * height;
}

function termsOf(k: number, parts: number): number {
  return Math.ceil(k / parts / slice) * slice;
}

/** Bindings a and b as `matmul`, nothing, and partial [parts, m, n]: each the sum of its terms, k ascending. */
export const matmulSplit: Kernel<SplitShape> = {
  name: 'matmul_split',
  sources: (shape) => tiledSources(shape, splitFormOf(shape)),
  bindings: matmul.bindings,
  live: false,
  constants: (shape) => ({ ...vectorsOf(shape), split: 1 }),
  shape: ({ m, n, k, parts }) => [m, n, k, termsOf(k, parts)],
  workgroups: ({ m, n, k, parts }) => {
    const [width, height] = formWorkgroups(splitFormOf({ m, n, k }), m, n);
    return [width, height, Math.ceil(k / termsOf(k, parts))];
  },
  lengths: (shape) => {
    const [a = 0, b = 0, , y = 0] = matmulLengths({ ...shape, epilogue: 'none', accumulate: false });
    return [a, b, 1, shape.parts * y];
  },
  reference({ m, n, k, transposeB, parts }, buffers) {
    const terms = termsOf(k, parts);
    const [a, b, partial] = [window(buffers, 0), window(buffers, 1), window(buffers, 3)];
    for (let part = 0; part < parts; part++)
      for (let row = 0; row < m; row++)
        for (let column = 0; column < n; column++) {
          let sum = 0;
          for (let p = part * terms; p < Math.min(k, (part + 1) * terms); p++)
            sum += at(a, row * k + p) * at(b, transposeB ? column * k + p : p * n + column);
          partial[(part * m + row) * n + column] = sum;
        }
  },
};
