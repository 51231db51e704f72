// Every loss that the row kernel leaves to others, in arms of up to four: the GPU follows the float64 reference, and the student
// learns from it.
import { afterAll, expect, test } from 'vitest';
import { ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { buildDataset } from '../data/dataset.ts';
import { glyphTask } from '../data/glyphs.ts';
import { openNodeExecutor, releaseNodeGpu } from '../gpu/node.ts';
import { ringWidth } from '../kernels/metricsRow.ts';
import { rankedIds } from '../kernels/rankedTerms.ts';
import { rowStat } from '../kernels/rowLoss.ts';
import { presets } from '../spec/presets.ts';
import type { ObjectiveSpec, RunSpec } from '../spec/runSpec.ts';
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
const rows = { dataSeed: 1, seed: 1, transfer: 60, validation: 10, test: 10, labelled: 20 } as const;
const dataset = buildDataset(glyphTask(16), rows);
const classes = dataset.classNames.length;

/** A teacher that is fairly sure of the label and has opinions about all other classes. */
const random = new RandomStream(7, 0, 0);
const answers = {
  logits: Float32Array.from({ length: classes * dataset.transfer.n }, (_, i) => {
    const sure = dataset.transfer.trueLabels[Math.floor(i / classes)] === i % classes ? 2 : 0;
    return sure + random.between(-1, 1);
  }),
  hidden: [],
};

const arms = [rankedIds.slice(0, 4), rankedIds.slice(4, 8), [...rankedIds.slice(8), 'forward_kl']];

function specOf(steps: number): RunSpec {
  const objective = (ids: readonly string[]): ObjectiveSpec => ({
    ...preset.objective,
    mix: 0.9,
    terms: ids.map((id) => ({ id, weight: 0.5, ...(id.startsWith('sparse') ? { k: 3 } : {}) })),
    hidden: null,
  });
  return {
    ...preset,
    student: { kind: 'mlp', hidden: [16], activation: 'tanh', norm: 'none', dropout: 0 },
    objective: objective(arms[0] ?? []),
    training: { steps, batch: 20, accumulate: 1, evaluateEvery: steps },
    arms: arms.map((ids) => ({ kind: 'distilled' as const, objective: objective(ids) })),
  };
}

/** Column `stat` of each arm over all steps. */
async function run(executor: Executor, spec: RunSpec) {
  const trainer = await Trainer.create({ executor, spec, dataset, answers });
  for (let step = 0; step < spec.training.steps; step++) await trainer.takeStep();
  await executor.settled();
  const { arms: rings, count } = await trainer.readMetrics();
  trainer.dispose();
  return (arm: number, stat: number): number[] =>
    Array.from({ length: count }, (_, i) => rings[arm]?.[i * ringWidth + stat] ?? Number.NaN);
}

test('the GPU follows the float64 reference, term by term', async () => {
  const spec = specOf(4);
  const [found, wanted] = [await run(gpu, spec), await run(new ReferenceExecutor('float64'), spec)];
  arms.forEach((ids, arm) => {
    ids.forEach((id, slot) => {
      for (const stat of [rowStat.term + slot, rowStat.termGradient + slot]) {
        const truth = wanted(arm, stat);
        found(arm, stat).forEach((value, step) => {
          const off = Math.abs(value - (truth[step] ?? Number.NaN));
          expect(off, `${id} ${stat} ${step}`).toBeLessThan(1e-3 * Math.abs(truth[step] ?? 0) + 1e-7);
        });
        expect(
          truth.some((x) => x !== 0),
          id,
        ).toBe(true);
      }
    });
  });
});

test('each arm’s loss falls within 60 steps', async () => {
  const found = await run(gpu, specOf(60));
  arms.forEach((_, arm) => {
    const values = found(arm, rowStat.total);
    expect(values.slice(-5).reduce((sum, x) => sum + x, 0) / 5).toBeLessThan(0.95 * (values[0] ?? 0));
  });
});
