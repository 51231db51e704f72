// Losses on attention in a race over stories: the GPU follows the float64 reference, and a student comes to attend as the
// weights that it is shown.
import { afterAll, expect, test } from 'vitest';
import { ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { datasetFromSpec } from '../data/fromSpec.ts';
import { openNodeExecutor, releaseNodeGpu } from '../gpu/node.ts';
import { ringWidth } from '../kernels/metricsRow.ts';
import { rowStat } from '../kernels/rowLoss.ts';
import { presets } from '../spec/presets.ts';
import { parseRunSpec, type RunSpec } from '../spec/runSpec.ts';
import type { Executor } from '../tensor/executor.ts';
import { RandomStream } from '../tensor/random.ts';
import { Trainer } from './trainer.ts';

const gpu = await openNodeExecutor();
afterAll(() => {
  gpu.dispose();
  releaseNodeGpu();
});

const moons = presets.get('two-moons-1')?.spec;
if (moons === undefined) throw new Error('no preset');
const preset = moons;
const [length, teacherHeads, valueWidth] = [8, 4, 6];

function specOf(steps: number, loss: 'attention_kl' | 'value_relation_kl', weight: number): RunSpec {
  const rows = { transfer: 24, labelled: 'all', validation: 4, test: 4, leaveOut: [], labelNoise: 0 };
  const other = loss === 'attention_kl' ? 'value_relation_kl' : 'attention_kl';
  return parseRunSpec({
    ...preset,
    data: { task: 'stories', tokenizer: 'word', ...rows, dataSeed: 1, length, written: false },
    student: {
      ...{ kind: 'transformer', layers: 2, width: 8, heads: 2, kvHeads: 1 },
      ...{ norm: 'rms', positions: 'rotary', mlp: 'swiglu', tied: true, dropout: 0 },
    },
    objective: {
      ...preset.objective,
      mix: 1,
      // MiniLM: weights and values of the last layer.
      hidden: {
        ...{ loss, weight, maps: 'pool' },
        pairs: [
          { student: 1, teacher: loss === 'attention_kl' ? 'softmax' : 'values' },
          { student: 1, teacher: loss === 'attention_kl' ? 'values' : 'softmax', loss: other },
        ],
      },
    },
    optimiser: { ...preset.optimiser, learningRate: 0.02, warmup: 0 },
    training: { steps, batch: 6, accumulate: 1, evaluateEvery: steps },
    arms: [{ kind: 'distilled' }],
  });
}

async function run(executor: Executor, spec: RunSpec) {
  const { dataset } = datasetFromSpec(spec, spec.seed);
  const rows = dataset.transfer.n * length;
  const random = new RandomStream(3, 0, 0);
  const draw = (n: number, of: (i: number) => number) => Float32Array.from({ length: n }, (_, i) => of(i));
  // Each head looks back as far as it is told, most of all at its own token.
  const softmax = draw(rows * teacherHeads * length, (e) => {
    const [j, head] = [e % length, Math.floor(e / length) % teacherHeads];
    const i = Math.floor(e / (length * teacherHeads)) % length;
    return j > i ? 0 : Math.exp((j - i) / (1 + head));
  });
  const values = draw(rows * valueWidth, () => random.between(-1, 1));
  const known = {
    softmax: { size: teacherHeads * length, values: softmax },
    values: { size: valueWidth, values },
  };
  const answers = {
    logits: draw(rows * dataset.classNames.length, () => random.between(-1, 1)),
    hidden:
      spec.objective.hidden?.pairs.map(
        ({ teacher }) => known[teacher === 'softmax' ? 'softmax' : 'values'],
      ) ?? [],
  };
  const trainer = await Trainer.create({ executor, spec, dataset, answers });
  for (let step = 0; step < spec.training.steps; step++) await trainer.takeStep();
  await executor.settled();
  const { arms, count } = await trainer.readMetrics();
  trainer.dispose();
  return (stat: number) =>
    Array.from({ length: count }, (_, i) => arms[0]?.[i * ringWidth + stat] ?? Number.NaN);
}

test.each(['attention_kl', 'value_relation_kl'] as const)(
  'the GPU follows the float64 reference where %s is the first of a pair',
  async (loss) => {
    const spec = specOf(3, loss, 1);
    const [found, wanted] = [await run(gpu, spec), await run(new ReferenceExecutor('float64'), spec)];
    for (const stat of [rowStat.total, rowStat.hidden, rowStat.hiddenGradient]) {
      const truth = wanted(stat);
      expect(truth.every((x) => x > 0)).toBe(true);
      found(stat).forEach((value, step) => {
        expect(Math.abs(value / (truth[step] ?? 0) - 1), `${stat} ${step}`).toBeLessThan(1e-3);
      });
    }
  },
);

test('within 80 steps a student attends much more as it is shown', async () => {
  const values = (await run(gpu, specOf(80, 'attention_kl', 100)))(rowStat.hidden);
  expect(values.at(-1)).toBeLessThan(0.6 * (values[0] ?? 0));
});
