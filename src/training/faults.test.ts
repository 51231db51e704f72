// The failure gallery: each mistake moves an arm away from one that is right, in just the case that it is about, and
// nowhere else.

import { expect, test } from 'vitest';
import { ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { datasetFromSpec } from '../data/fromSpec.ts';
import { ringWidth } from '../kernels/metricsRow.ts';
import { gallery } from '../spec/gallery.ts';
import { type ArmFault, parseRunSpec, type RunSpec } from '../spec/runSpec.ts';
import { type AnswerRows, denseOf, largestOf } from '../teachers/topAnswers.ts';
import { smallSpec } from './fakeHost.ts';
import { impaired, zeroLogits } from './faults.ts';
import { Trainer } from './trainer.ts';

/** Twelve steps of an arm that is right and of one with the fault, over three classes of rings. */
async function both(fault: ArmFault, change: Partial<RunSpec>, lacks: readonly number[] = []) {
  const base = smallSpec();
  const spec = parseRunSpec({
    ...base,
    student: { ...base.student, dropout: 0 },
    ...change,
    arms: [{ kind: 'distilled' }, { kind: 'distilled', fault }],
  });
  const { dataset } = datasetFromSpec(spec, spec.seed);
  const logits = new Float32Array(dataset.transfer.n * 2);
  for (let i = 0; i < logits.length; i++) logits[i] = Math.sin(i) - 3;
  const answers = impaired({ logits, hidden: [] }, dataset.transfer, 2, lacks);
  const executor = new ReferenceExecutor('float32');
  const trainer = await Trainer.create({ executor, spec, dataset, answers });
  for (let step = 0; step < 12; step++) await trainer.takeStep();
  const weights = await Promise.all(trainer.arms.map((arm) => arm.parameters()));
  const { arms } = await trainer.readMetrics();
  trainer.dispose();
  const flat = weights.map((own) => own.flatMap((one) => [...one]));
  const moved = Math.max(...(flat[0] ?? []).map((value, i) => Math.abs(value - (flat[1]?.[i] ?? 0))));
  return { moved, losses: arms.map((rows) => rows[0] ?? 0), columns: ringWidth };
}

const objective = (change: Partial<RunSpec['objective']>) => ({
  objective: { ...smallSpec().objective, mix: 0.5, ...change },
});

test('T² missing from the gradient: another balance, the same report; at T = 1 there is nothing to miss', async () => {
  const hot = await both('t2_missing', objective({ temperature: 8 }));
  expect(hot.moved).toBeGreaterThan(1e-3);
  // Before the first update both arms report the same loss, T² included.
  expect(hot.losses[1]).toBeCloseTo(hot.losses[0] ?? 0, 5);
  expect((await both('t2_missing', objective({ temperature: 1 }))).moved).toBe(0);
});

test('a padding mask ignored: padding teaches; where there is none the mask changes nothing', async () => {
  const data = { ...smallSpec().data, labelled: 'all' as const };
  expect((await both('mask_ignored', { data: { ...data, padding: 0.4 } })).moved).toBeGreaterThan(1e-3);
  expect((await both('mask_ignored', { data })).moved).toBe(0);
});

test('zero logits for a smaller vocabulary: classes are made up; with every class there, none is', async () => {
  expect((await both('zero_logits', objective({ mix: 1 }), [1])).moved).toBeGreaterThan(1e-3);
  expect((await both('zero_logits', objective({ mix: 1 }))).moved).toBe(0);
});

test('a tail as 1 − Σ: rows of which the teacher is sure are lost; where it is of none, nothing is', async () => {
  const terms = [{ id: 'sparse_tail', weight: 1, k: 1 }];
  const at = (temperature: number) => both('naive_tail', objective({ mix: 1, terms, temperature }));
  expect((await at(0.05)).moved).toBeGreaterThan(1e-3);
  expect((await at(4)).moved).toBeLessThan(1e-5);
});

test('division by the count twice: the teacher fades beside the labels; over a batch of one row it does not', async () => {
  expect((await both('divided_twice', objective({}))).moved).toBeGreaterThan(1e-3);
  const training = { ...smallSpec().training, batch: 1 };
  expect((await both('divided_twice', { ...objective({}), training })).moved).toBe(0);
});

test('a smaller vocabulary is −∞ in what is right, and log-probabilities elsewhere', () => {
  const valid = Uint8Array.of(1, 0);
  const answers = { logits: Float32Array.of(1, 2, 3, 4, 5, 6), hidden: [] };
  const logits = denseOf(impaired(answers, { valid }, 3, [2]).logits ?? new Float32Array());
  expect(Math.exp(logits[0] ?? 0) + Math.exp(logits[1] ?? 0)).toBeCloseTo(1, 6);
  expect(logits[2]).toBe(Number.NEGATIVE_INFINITY);
  expect([...logits.slice(3)]).toEqual([0, 0, 0]);
  expect(zeroLogits(logits)[2]).toBe(0);
});

test('padding says nothing in answers that were cut as in dense ones', () => {
  const dense = Float32Array.of(1, 2, 3, 4, 5, 6);
  const padded = (logits: AnswerRows) =>
    denseOf(impaired({ logits, hidden: [] }, { valid: Uint8Array.of(0, 1) }, 3, []).logits ?? logits);
  expect(padded(largestOf(dense, 3, 2))).toEqual(padded(dense));
});

test.each(gallery)(
  '$fault: its run is a valid specification of one right and one wrong arm',
  ({ fault, spec }) => {
    const { arms } = parseRunSpec(structuredClone(spec));
    expect(arms.map((arm) => arm.fault)).toEqual([undefined, fault]);
  },
);
