// Relations of attention against PyTorch's autograd (docs/losses/independent.py), on both executors.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import type { Executor } from '../tensor/executor.ts';
import { attentionKl } from './attentionKl.ts';
import { attentionKlGradient } from './attentionKlGradient.ts';
import { attentionWeights } from './attentionWeights.ts';
import { runKernel, testExecutor } from './checkKernel.ts';
import { rowStat, rowStats } from './rowLoss.ts';

interface Independent {
  readonly attention: Readonly<Record<'attention_kl' | 'value_relation_kl', number>> &
    Readonly<Record<'q' | 'k' | 'v' | 'weights' | 'values' | 'dq' | 'dk' | 'dv', readonly number[]>>;
}

const { attention }: Independent = JSON.parse(readFileSync('docs/losses/independent.json', 'utf8'));
const rows = { batch: 1, positions: 4 };
/** The last token does not count. */
const flags = Uint32Array.of(1, 1, 1, 0);
const live = { hiddenWeight: 1, inverseValid: 1 / 3 };
const floats = (numbers: ArrayLike<number>) => Float32Array.from(numbers);

async function run(executor: Executor, loss: 'attention_kl' | 'value_relation_kl') {
  const ofValues = loss === 'value_relation_kl';
  const params = { ...rows, heads: ofValues ? 1 : 2, kvHeads: 1, width: 3 };
  const [x, y] = (ofValues ? [attention.v, attention.v] : [attention.q, attention.k]).map(floats);
  if (x === undefined || y === undefined) throw new Error('no operands');
  const relation = async (of: typeof params, a: Float32Array<ArrayBuffer>, b: Float32Array<ArrayBuffer>) => {
    const found = await runKernel(executor, attentionWeights, of, [a, b, new Float32Array(16 * of.heads)]);
    return floats(found[2] ?? []);
  };
  const values = floats(attention.values);
  const teacher = ofValues
    ? await relation({ ...params, width: 5 }, values, values)
    : floats(attention.weights);
  const own = await relation(params, x, y);
  const stats = new Float32Array(4 * rowStats);
  const { heads } = params;
  const of = { ...rows, heads, teacherHeads: heads, logs: ofValues, pairs: 1 };
  const found = await runKernel(executor, attentionKl, of, [teacher, flags, own, stats], live);
  const value = floats(found[3] ?? []).reduce(
    (sum, s, i) => sum + (i % rowStats === rowStat.total ? s : 0),
    0,
  );
  const gradient = async (side: 'queries' | 'keys' | 'both') => {
    const like = new Float32Array(side === 'queries' ? x.length : y.length);
    const slopes = floats(found[2] ?? []);
    const inputs = [slopes, x, y, like, stats];
    const ran = await runKernel(
      executor,
      attentionKlGradient,
      { ...params, side, accumulate: false },
      inputs,
    );
    return ran[3] ?? new Float64Array();
  };
  const gradients = ofValues
    ? [[await gradient('both'), attention.dv] as const]
    : ([
        [await gradient('queries'), attention.dq],
        [await gradient('keys'), attention.dk],
      ] as const);
  return { value, gradients };
}

function distance(found: ArrayLike<number>, wanted: readonly number[]): number {
  return Math.hypot(...wanted.map((g, i) => g - (found[i] ?? Number.NaN))) / Math.hypot(...wanted);
}

test.each(['attention_kl', 'value_relation_kl'] as const)(
  '%s is what PyTorch says, to 1e-6 in float64 and 2e-5 on the GPU; one in ten thousand is seen',
  async (loss) => {
    for (const [executor, bound] of [
      [new ReferenceExecutor('float64'), 1e-6],
      [await testExecutor(), 2e-5],
    ] as const) {
      const { value, gradients } = await run(executor, loss);
      expect(Math.abs(value / attention[loss] - 1)).toBeLessThan(bound);
      for (const [found, wanted] of gradients) {
        expect(distance(found, wanted)).toBeLessThan(bound);
        const planted = wanted.map((g) => 1.0001 * g);
        expect(distance(found, planted)).toBeGreaterThan(5e-5);
      }
    }
  },
);
