/**
 * Reverse KL from one sample of the student's own answer, as a policy gradient (MiniLLM). The sample is drawn by the
 * Gumbel-max trick and written out. It runs after the row loss.
 */
import { at, type Kernel, window } from '../tensor/kernel.ts';
import type { LiveReader } from '../tensor/live.ts';
import { randomU32 } from '../tensor/random.ts';
import { oneBits, rowStats } from './rowLoss.ts';
import {
  addTermRows,
  clampedTemperature,
  logSoftmaxOf,
  oneRowEach,
  type RowLossValue,
  rowLanes,
  rowLibrary,
  type TermRows,
  tamedRow,
} from './termRows.ts';

export interface SampledKlParams extends TermRows {
  /** Rows of the whole batch, and which of them is the first here: each row draws for itself. */
  readonly allRows: number;
  readonly first: number;
}

/** Apart from every stream of dropout, which are small numbers; the slot is added. */
const firstStream = 0x5a3d_0000;

/** Bindings: logits [rows, V], teacher [rows, V], flags, gradient, stats, samples [rows]. */
export const sampledKl: Kernel<SampledKlParams> = {
  name: 'sampled_kl',
  sources: [
    ...rowLibrary,
    'lib/random',
    'lib/lanes',
    'lib/row_groups',
    'distill/terms/own_slot',
    'distill/terms/row_lanes',
    'distill/sampled_kl',
  ],
  bindings: [
    { name: 'logits', access: 'read', dtype: 'f32' },
    { name: 'teacher', access: 'read', dtype: 'f32' },
    { name: 'flags', access: 'read', dtype: 'u32' },
    { name: 'gradient', access: 'read_write', dtype: 'f32' },
    { name: 'stats', access: 'read_write', dtype: 'f32' },
    { name: 'samples', access: 'read_write', dtype: 'u32' },
  ],
  live: true,
  constants: () => ({ LANES: rowLanes }),
  shape: ({ rows, classes, slot, allRows, first }) => [
    rows,
    classes,
    slot,
    rowLanes,
    oneBits,
    firstStream + slot,
    allRows,
    first,
  ],
  workgroups: oneRowEach,
  lengths: ({ rows, classes }) => {
    const all = rows * classes;
    return [all, all, rows, all, rows * rowStats, rows];
  },
  reference(params, buffers, live) {
    const { classes } = params;
    const [logits, teacher, samples] = [window(buffers, 0), window(buffers, 1), window(buffers, 5)];
    const temperature = clampedTemperature(live);
    addTermRows(params, window(buffers, 2), [window(buffers, 3), window(buffers, 4)], live, (r) => {
      const [z, u] = [tamedRow(logits, r, classes), tamedRow(teacher, r, classes)];
      const y = sampleOf(params, z, r, live);
      samples[r] = y;
      return sampledKlRow(z, u, temperature, y);
    });
  },
};

/** y ~ softmax(z/T): the largest of the logits, each with noise of its own. */
function sampleOf(
  { allRows, first, classes, slot }: SampledKlParams,
  z: Float64Array,
  r: number,
  live: LiveReader,
): number {
  const [seed, step, micro] = [live.get('seed'), live.get('step'), live.get('micro')];
  const score = z.map((x, j) => {
    const bits = randomU32(
      seed,
      step,
      ((micro * allRows + first + r) * classes + j) % 2 ** 32,
      firstStream + slot,
    );
    const u = ((bits >>> 9) + 0.5) / 2 ** 23;
    return x / clampedTemperature(live) - Math.log(-Math.log(u));
  });
  let best = 0;
  for (let j = 1; j < classes; j++) if (at(score, j) > at(score, best)) best = j;
  return best;
}

/** Loss and gradient of one row with the sample y; `fixed` stands for the factor that is held constant. */
export function sampledKlRow(
  z: Float64Array,
  u: Float64Array,
  temperature: number,
  y: number,
  fixed?: number,
): RowLossValue {
  const [logQ, logP] = [logSoftmaxOf(z, temperature), logSoftmaxOf(u, temperature)];
  const d = fixed ?? at(logQ, y) - at(logP, y);
  const gradient = logQ.map((x, j) => (d * (j === y ? -Math.expm1(x) : -Math.exp(x))) / temperature);
  return { loss: d * at(logQ, y), gradient };
}
