// Every hidden-state loss in a race of its own arm: the GPU follows the float64 reference, rescaled or not, and a student
// comes to resemble its teacher.
import { afterAll, expect, test } from 'vitest';
import { ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { buildDataset } from '../data/dataset.ts';
import { planeTask } from '../data/planes.ts';
import { openNodeExecutor, releaseNodeGpu } from '../gpu/node.ts';
import { stateLosses } from '../kernels/hiddenLoss.ts';
import { ringWidth } from '../kernels/metricsRow.ts';
import { relationKinds } from '../kernels/relationSums.ts';
import { rowStat } from '../kernels/rowLoss.ts';
import { presets } from '../spec/presets.ts';
import type { HiddenSpec, RunSpec } from '../spec/runSpec.ts';
import type { Executor } from '../tensor/executor.ts';
import { RandomStream } from '../tensor/random.ts';
import { Trainer } from './trainer.ts';

const gpu = await openNodeExecutor();
afterAll(() => {
  gpu.dispose();
  releaseNodeGpu();
});

const moons = presets.get('two-moons-1');
if (moons === undefined) throw new Error('no preset');
const preset = moons.spec;
const rows = { dataSeed: 1, seed: 1, transfer: 96, validation: 20, test: 20, labelled: 30 } as const;
const dataset = buildDataset(planeTask('moons', 0.2), rows);
const width = 5;

/** A teacher that knows the labels, and a smooth hidden state of the two coordinates. */
const random = new RandomStream(3, 0, 0);
const mixing = Array.from({ length: 2 * width }, () => random.between(-1, 1));
const answers = {
  logits: Float32Array.from(dataset.transfer.trueLabels, (label) => label).reduce(
    (logits, label, row) => {
      logits[2 * row + label] = 3;
      return logits;
    },
    new Float32Array(2 * dataset.transfer.n),
  ),
  hidden: [
    {
      size: width,
      values: Float32Array.from({ length: width * dataset.transfer.n }, (_, i) => {
        const [row, c] = [Math.floor(i / width), i % width];
        const [x, y] = [dataset.transfer.inputs[2 * row] ?? 0, dataset.transfer.inputs[2 * row + 1] ?? 0];
        return Math.tanh(2 * x * (mixing[2 * c] ?? 0) + 2 * y * (mixing[2 * c + 1] ?? 0));
      }),
    },
  ],
};

const losses = [...stateLosses, ...relationKinds];

/** One arm for each loss. */
function specOf(more: Partial<HiddenSpec>, steps: number): RunSpec {
  const hidden = (loss: HiddenSpec['loss']): HiddenSpec => ({
    loss,
    weight: 1,
    pairs: [{ student: 0, teacher: 'h' }],
    maps: 'pool',
    ...more,
  });
  const objective = { ...preset.objective, mix: 1, hidden: hidden('hidden_mse') };
  return {
    ...preset,
    student: { kind: 'mlp', hidden: [12], activation: 'relu', norm: 'none', dropout: 0 },
    objective,
    training: { steps, batch: 24, accumulate: 1, evaluateEvery: steps },
    arms: losses.map((loss) => ({
      kind: 'distilled' as const,
      objective: { ...objective, hidden: hidden(loss) },
    })),
  };
}

/** Column `stat` of each arm over all steps. */
async function run(executor: Executor, spec: RunSpec) {
  const trainer = await Trainer.create({ executor, spec, dataset, answers });
  for (let step = 0; step < spec.training.steps; step++) await trainer.takeStep();
  await executor.settled();
  const { arms, count } = await trainer.readMetrics();
  trainer.dispose();
  return (arm: number, stat: number): number[] =>
    Array.from({ length: count }, (_, i) => arms[arm]?.[i * ringWidth + stat] ?? Number.NaN);
}

test.each([
  ['as they are', {}],
  ['rescaled to the loss on logits, from projections near 0', { balance: true, projection: 'normal' }],
] as const)('the GPU follows the float64 reference, %s', async (_, more) => {
  const spec = specOf(more, 5);
  const [found, wanted] = [await run(gpu, spec), await run(new ReferenceExecutor('float64'), spec)];
  losses.forEach((loss, arm) => {
    for (const stat of [rowStat.total, rowStat.hidden, rowStat.hiddenGradient]) {
      const truth = wanted(arm, stat);
      found(arm, stat).forEach((value, step) => {
        const off = Math.abs(value - (truth[step] ?? Number.NaN));
        expect(off, `${loss} ${stat} ${step}`).toBeLessThan(1e-3 * Math.abs(truth[step] ?? 0) + 1e-7);
      });
    }
    if ('balance' in more) {
      const [total, onLogits] = [wanted(arm, rowStat.total), wanted(arm, rowStat.term)];
      const scale = spec.objective.temperature ** 2;
      expect((total[0] ?? 0) / (onLogits[0] ?? 0), loss).toBeCloseTo(2 * scale, 9);
    }
  });
});

test('every hidden loss falls by a twentieth or more within 120 steps', async () => {
  const found = await run(gpu, specOf({ weight: 300 }, 120));
  losses.forEach((loss, arm) => {
    const values = found(arm, rowStat.hidden);
    expect(values.slice(-5).reduce((sum, x) => sum + x, 0) / 5, loss).toBeLessThan(0.95 * (values[0] ?? 0));
  });
});
