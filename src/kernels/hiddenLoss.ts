/**
 * Hidden states of a student, projected to the teacher's width, against the teacher's: mean squared error of the states or
 * of their directions, or cosine, with the gradient at the projected state. It runs after the row loss and adds to its statistics; the projection
 * itself is a linear layer of the student's tape.
 */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';
import { rowFlag, rowStat, rowStats } from './rowLoss.ts';

/** Losses that compare a state with its own of the teacher. */
export const stateLosses = ['hidden_mse', 'hidden_cosine', 'hidden_normalised_mse'] as const;
export type StateLoss = (typeof stateLosses)[number];

export interface HiddenLossParams {
  readonly rows: number;
  /** Width of both states. */
  readonly size: number;
  readonly kind: StateLoss;
  /** Pairs of layers that are compared in all: the loss is the mean over them. */
  readonly pairs: number;
}

const lanes = 32;
/** How often 1 − cos is counted: ‖ŝ − t̂‖² is twice that. 0: the states themselves are compared. */
const cosines: Readonly<Record<StateLoss, number>> = {
  hidden_mse: 0,
  hidden_cosine: 1,
  hidden_normalised_mse: 2,
};

export const hiddenLoss: Kernel<HiddenLossParams> = {
  name: 'hidden_loss',
  sources: ['lib/live', 'lib/grid', 'distill/hidden_loss'],
  bindings: [
    { name: 'student', access: 'read', dtype: 'f32' },
    { name: 'teacher', access: 'read', dtype: 'f32' },
    { name: 'flags', access: 'read', dtype: 'u32' },
    { name: 'gradient', access: 'read_write', dtype: 'f32' },
    { name: 'stats', access: 'read_write', dtype: 'f32' },
  ],
  live: true,
  constants: ({ kind }) => ({ WORKGROUP: lanes, COSINE: cosines[kind] }),
  shape: ({ rows, size, pairs }) => [rows, size, pairs],
  workgroups: ({ rows }) => grid(Math.ceil(rows / lanes)),
  lengths: ({ rows, size }) => [rows * size, rows * size, rows, rows * size, rows * rowStats],
  reference({ rows, size, kind, pairs }, buffers, live) {
    const [gradient, stats] = [window(buffers, 3), window(buffers, 4)];
    const share = (live.get('inverseValid') / pairs) * Math.max(1, cosines[kind]);
    const factor = live.get('hiddenWeight') * share;
    for (let r = 0; r < rows; r++) {
      const part = (i: number) => window(buffers, i).subarray(r * size, (r + 1) * size);
      const own = gradient.subarray(r * size, (r + 1) * size);
      if ((at(window(buffers, 2), r) & rowFlag.valid) === 0) {
        own.fill(0);
        continue;
      }
      const compare = kind === 'hidden_mse' ? meanSquare : cosine;
      const found = compare(Float64Array.from(part(0)), Float64Array.from(part(1)));
      let squares = 0;
      found.gradient.forEach((g, j) => {
        own[j] = factor * g;
        squares += (factor * g) ** 2;
      });
      const add = (column: number, value: number): void => {
        stats[r * rowStats + column] = at(stats, r * rowStats + column) + value;
      };
      add(rowStat.total, factor * found.loss);
      add(rowStat.hidden, share * found.loss);
      add(rowStat.hiddenGradient, squares);
    }
  },
};

interface Compared {
  readonly loss: number;
  readonly gradient: Float64Array;
}

function meanSquare(s: Float64Array, t: Float64Array): Compared {
  const gradient = s.map((x, j) => (2 * (x - at(t, j))) / s.length);
  return { loss: s.reduce((sum, x, j) => sum + (x - at(t, j)) ** 2, 0) / s.length, gradient };
}

/** 1 − cos as ½‖ŝ − t̂‖²; a zero vector has no direction: loss 1, no gradient. */
function cosine(s: Float64Array, t: Float64Array): Compared {
  const [sNorm, tNorm] = [norm(s), norm(t)];
  if (sNorm === 0 || tNorm === 0) return { loss: 1, gradient: new Float64Array(s.length) };
  const difference = s.map((x, j) => x / sNorm - at(t, j) / tNorm);
  const loss = 0.5 * difference.reduce((sum, e) => sum + e * e, 0);
  return { loss, gradient: difference.map((e, j) => (e - (loss * at(s, j)) / sNorm) / sNorm) };
}

function norm(x: Float64Array): number {
  return Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));
}
