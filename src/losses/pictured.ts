/**
 * What a picture of a loss shows: its value and its derivative as one number of the student goes from left to right, all
 * else being the teacher's. Of a row the first of three logits; of losses on a batch the smallest that has a relation.
 */
import { attentionLossIds } from '../kernels/attentionKl.ts';
import { stateLosses } from '../kernels/hiddenLoss.ts';
import { relationKinds } from '../kernels/relationSums.ts';
import { batchLoss, type ProbedBatch, probeBatch } from './batchProbe.ts';
import { canProbe, type ProbedLoss, probe } from './probe.ts';

/** What the number belongs to, or null where there is no picture: a draw, whose mean alone counts. */
export type Pictured = 'row' | 'state' | 'relation' | 'query' | 'value' | 'column';

export function picturedAs(id: string): Pictured | null {
  if (canProbe(id)) return 'row';
  if (id === 'dist_intra') return 'column';
  if (stateLosses.some((one) => one === id)) return 'state';
  if (relationKinds.some((one) => one === id)) return 'relation';
  if (!attentionLossIds.some((one) => one === id)) return null;
  return id === 'attention_kl' ? 'query' : 'value';
}

export interface Measured {
  readonly value: number;
  readonly slope: number;
}

const others = [1, -1];
const nothing: Measured = { value: Number.NaN, slope: Number.NaN };

/** With the student's number at `own` and the teacher's at `taught`. Errors: `FormulaError`. */
export function measure(loss: ProbedLoss, temperature: number, own: number, taught: number): Measured {
  const id = batchLoss(loss.id);
  const kind = picturedAs(loss.id);
  if (kind === null) return nothing;
  if (kind === 'row' || id === undefined) {
    const row = { student: [own, ...others], teacher: [taught, ...others], label: 0 };
    const found = probe(loss, temperature, row);
    return found === null ? nothing : { value: found.value, slope: found.gradient[0] ?? Number.NaN };
  }
  const { value, gradient } = probeBatch(id, temperature, batches[kind](own, taught));
  const moved = kind === 'query' || kind === 'value' ? gradient.at(-1) : gradient[0];
  return { value, slope: moved?.[0] ?? Number.NaN };
}

const whole = (student: ProbedBatch['student'], teacher: ProbedBatch['teacher']): ProbedBatch => ({
  student,
  teacher,
  valid: student.map(() => true),
});

/** Keys of three tokens, and the first two's queries; each token looks at those up to itself. */
const [keys, queries] = [
  [1, -1, 0.5],
  [0.5, -1],
];
const texts = [-1, 1.5];

const batches: Readonly<Record<Exclude<Pictured, 'row'>, (own: number, taught: number) => ProbedBatch>> = {
  state: (own, taught) => whole([[own, 1]], [[taught, 1]]),
  relation: (own, taught) => {
    const rest = [
      [-2, 1],
      [1, -2],
    ];
    return whole([[own, 1], ...rest], [[taught, 1], ...rest]);
  },
  column: (own, taught) => {
    const rest = [
      [-1, 2, 0],
      [0, -1, 1],
    ];
    return whole([[own, ...others], ...rest], [[taught, ...others], ...rest]);
  },
  query: (own, taught) => {
    const rows = (last: number) => keys.map((key, i) => [queries[i] ?? last, key]);
    const weights = rows(taught).map(([query = 0], i) =>
      softened(
        keys.map((key) => query * key),
        i + 1,
      ),
    );
    return whole(rows(own), weights);
  },
  value: (own, taught) => {
    const rows = (last: number) => [...texts, last].map((value) => [value]);
    return whole(rows(own), rows(taught));
  },
};

/** Softmax over the first few, 0 after them. */
function softened(scores: readonly number[], count: number): readonly number[] {
  const grown = scores.map((score, j) => (j < count ? Math.exp(score) : 0));
  const total = grown.reduce((sum, value) => sum + value, 0);
  return grown.map((value) => value / total);
}
