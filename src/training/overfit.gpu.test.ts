// A transformer of two layers learns 64 tokens by heart, on the GPU and on the reference, along the same curve.
import { afterAll, expect, test } from 'vitest';
import { ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import type { Dataset, Split } from '../data/task.ts';
import { openNodeExecutor, releaseNodeGpu } from '../gpu/node.ts';
import { ringWidth } from '../kernels/metricsRow.ts';
import { presets } from '../spec/presets.ts';
import { parseRunSpec } from '../spec/runSpec.ts';
import type { Executor } from '../tensor/executor.ts';
import { RandomStream } from '../tensor/random.ts';
import { Trainer } from './trainer.ts';

const gpu = await openNodeExecutor();
afterAll(() => {
  gpu.dispose();
  releaseNodeGpu();
});

const [positions, classes, steps] = [64, 16, 100];

const moons = presets.get('two-moons-1')?.spec;
if (moons === undefined) throw new Error('no preset');
const spec = parseRunSpec({
  ...moons,
  student: {
    ...{ kind: 'transformer', layers: 2, width: 16, heads: 2, kvHeads: 1 },
    ...{ norm: 'rms', positions: 'rotary', mlp: 'swiglu', tied: true, dropout: 0 },
  },
  optimiser: { ...moons.optimiser, kind: 'adamw', learningRate: 0.01, schedule: 'constant', weightDecay: 0 },
  training: { steps, batch: 1, accumulate: 1, evaluateEvery: steps },
  arms: [{ kind: 'labels' }],
});

/** One text of 64 tokens that nothing but memory can tell, each labelled with the next. */
function text(): Dataset {
  // The first two differ: a first token that comes twice looks the same both times to whom no position is told.
  const random = new RandomStream(3, 0, 0);
  const tokens = Uint32Array.from({ length: positions + 1 }, () => random.integer(classes));
  const [labels, ones] = [tokens.slice(1), new Uint8Array(positions).fill(1)];
  const split: Split = {
    ...{ n: 1, inputs: tokens.slice(0, positions), trueLabels: labels, labels },
    ...{ labelled: ones, valid: ones, sampleIndex: new Uint32Array(1) },
  };
  return {
    ...{ inputShape: [positions], inputDtype: 'u32', positions, fingerprint: '' },
    classNames: Array.from({ length: classes }, (_, token) => String(token)),
    ...{ transfer: split, validation: split, test: split },
  };
}

/** Cross-entropy at each step, in nats a token. */
async function curve(executor: Executor): Promise<readonly number[]> {
  const answers = { logits: new Float32Array(positions * classes), hidden: [] };
  const trainer = await Trainer.create({ executor, spec, dataset: text(), answers });
  while (!trainer.finished) await trainer.takeStep();
  await executor.settled();
  const { arms, count } = await trainer.readMetrics();
  trainer.dispose();
  return Array.from({ length: count }, (_, step) => arms[0]?.[step * ringWidth] ?? Number.NaN);
}

test('both end below .01 nats a token, and differ by less than 1 % in every one of 100 steps', async () => {
  const found = await curve(gpu);
  const wanted = await curve(new ReferenceExecutor('float32'));
  expect(found).toHaveLength(steps);
  expect(found[0]).toBeGreaterThan(Math.log(classes) - 0.5);
  for (const losses of [found, wanted]) expect(losses.at(-1)).toBeLessThan(0.01);
  found.forEach((loss, step) => {
    expect(Math.abs(loss / (wanted[step] ?? Number.NaN) - 1), `step ${step}`).toBeLessThan(0.01);
  });
}, 300_000);
