// A student learns from the largest answers of each row what it learns from the same answers spread out over the host, to
// the bit, and only the batch has a logit for each class.
import { afterAll, expect, test } from 'vitest';
import { datasetFromSpec } from '../data/fromSpec.ts';
import { openNodeExecutor, releaseNodeGpu } from '../gpu/node.ts';
import { presets } from '../spec/presets.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { type AnswerRows, denseOf, largestOf, logitCount } from '../teachers/topAnswers.ts';
import { fakePrepared } from './fakePrepared.ts';
import { Trainer } from './trainer.ts';

const gpu = await openNodeExecutor();
afterAll(() => {
  gpu.dispose();
  releaseNodeGpu();
});

const glyphs = presets.get('few-labels-1')?.spec;
if (glyphs === undefined) throw new Error('no preset');
/** 64 rows: buffers are multiples of 256 bytes. */
const base: RunSpec = {
  ...glyphs,
  data: { ...glyphs.data, transfer: 64, labelled: 20, validation: 2, test: 2 },
  student: { kind: 'mlp', hidden: [8], activation: 'relu', norm: 'none', dropout: 0 },
  training: { steps: 6, batch: 16, accumulate: 1, evaluateEvery: 6 },
  arms: [{ kind: 'labels' }, { kind: 'distilled' }],
};
const { dataset, answers } = fakePrepared(datasetFromSpec(base, base.seed));
const classes = dataset.classNames.length;
const k = 3;
const top = largestOf(answers.logits ?? new Float32Array(), classes, k);

async function taught(spec: RunSpec, logits: AnswerRows) {
  const before = gpu.live.bytes;
  const trainer = await Trainer.create({ executor: gpu, spec, dataset, answers: { logits, hidden: [] } });
  const bytes = gpu.live.bytes - before;
  for (let step = 0; step < spec.training.steps; step++) await trainer.takeStep();
  const weights = await trainer.arms[1]?.parameters();
  trainer.dispose();
  expect(gpu.live.bytes).toBe(before);
  return { bytes, weights };
}

test('a run from the largest answers ends on the same weights as from dense ones, in as much less memory', async () => {
  const terms = [
    { id: 'forward_kl', weight: 1 },
    { id: 'sparse_tail', weight: 1, k },
  ];
  const spec = { ...base, objective: { ...base.objective, terms } };
  const [kept, dense] = [await taught(spec, top), await taught(spec, denseOf(top))];
  expect(kept.weights).toEqual(dense.weights);
  const rows = logitCount(top) / classes;
  expect(dense.bytes - kept.bytes).toBe(4 * rows * (classes - (2 * k + 1)));
});
