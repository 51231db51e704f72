// From an objective to the factors of labels and terms: the rules of mixing, the warm-up, and where T² applies.
import { expect, test } from 'vitest';
import { presets } from '../spec/presets.ts';
import type { ArmSpec, ObjectiveSpec, RunSpec } from '../spec/runSpec.ts';
import { LiveBlock, LiveWindow } from '../tensor/live.ts';
import { checkClasses, writeArm } from './armSettings.ts';

const preset = presets.get('dark-knowledge-1')?.spec;
if (preset === undefined) throw new Error('no preset');
const base: RunSpec = preset;

function written(change: Partial<ObjectiveSpec>, step = 0, kind: ArmSpec['kind'] = 'distilled'): LiveWindow {
  const block = new LiveBlock(1);
  const objective = { ...base.objective, mix: 0.75, temperature: 2, scaleByT2: false, ...change };
  writeArm(block, 0, { ...base, objective }, { kind }, step);
  return new LiveWindow(block.words);
}

const factors = (live: LiveWindow) => [
  live.get('labelWeight'),
  live.termWeight(0),
  live.termWeight(1),
  live.get('hiddenWeight'),
];

const terms = [
  { id: 'forward_kl', weight: 1 },
  { id: 'logit_mse', weight: 0.5 },
];
const hidden = {
  loss: 'hidden_mse',
  weight: 2,
  pairs: [{ student: 0, teacher: 'h' }],
  maps: 'pool',
} as const;

test('by share the labels have what the teacher has not', () => {
  expect(factors(written({ terms }))).toEqual([0.25, 0.75, 0.375, 0]);
});

test('as a sum each weight stands for itself, the labels’ too', () => {
  const mixed = { terms, mixing: 'sum', labelWeight: 0.25, hidden: { ...hidden, pairs: [...hidden.pairs] } };
  expect(factors(written(mixed as Partial<ObjectiveSpec>))).toEqual([0.25, 1, 0.5, 2]);
  expect(factors(written({ terms, mixing: 'sum' }))).toEqual([1, 1, 0.5, 0]);
});

test('normalised weights add up to 1, those of hidden states included', () => {
  const mixed = {
    terms,
    mixing: 'normalised',
    labelWeight: 0.5,
    hidden: { ...hidden, pairs: [...hidden.pairs] },
  };
  const found = factors(written(mixed as Partial<ObjectiveSpec>));
  expect(found).toEqual([0.125, 0.25, 0.125, 0.5]);
  expect(
    factors(written({ mixing: 'normalised', labelWeight: 0, terms: [{ id: 'jsd', weight: 0 }] })),
  ).toEqual([0, 0, 0, 0]);
});

test('while the weight warms up the teacher’s share rises from 0, and by share the labels give way', () => {
  expect(factors(written({ terms, warmup: 4 }, 0))).toEqual([1, 0, 0, 0]);
  expect(factors(written({ terms, warmup: 4 }, 2))).toEqual([0.625, 0.375, 0.1875, 0]);
  expect(factors(written({ terms, warmup: 4 }, 9))).toEqual([0.25, 0.75, 0.375, 0]);
  expect(factors(written({ terms, warmup: 4, mixing: 'sum' }, 1))).toEqual([1, 0.25, 0.125, 0]);
});

test('T² multiplies softened divergences, and neither raw logits nor losses that hold their own', () => {
  const scaled = (id: string) =>
    written({ mix: 1, scaleByT2: true, terms: [{ id, weight: 1 }] }).termWeight(0);
  expect(['forward_kl', 'jsd', 'probability_mse'].map(scaled)).toEqual([4, 4, 4]);
  expect(['logit_mse', 'decoupled', 'dist_inter', 'corrected_teacher', 'ce'].map(scaled)).toEqual([
    1, 1, 1, 1, 1,
  ]);
});

test('an arm of labels is taught by none, whatever the rule of mixing', () => {
  expect(factors(written({ mixing: 'sum', labelWeight: 0.5 }, 0, 'labels'))).toEqual([1, 0, 0, 0]);
});

test('the decoupled loss is refused where there are two classes, at its control', () => {
  const objective = { ...base.objective, terms: [...terms, { id: 'decoupled', weight: 1 }] };
  const spec = { ...base, objective };
  expect(() => checkClasses(spec, { kind: 'distilled' }, 3)).not.toThrow();
  expect(() => checkClasses(spec, { kind: 'labels' }, 2)).not.toThrow();
  expect(() => checkClasses(spec, { kind: 'distilled' }, 2)).toThrow(
    expect.objectContaining({
      detail: expect.objectContaining({ code: 'loss-classes', control: 'objective.terms.2.id' }),
    }),
  );
});
