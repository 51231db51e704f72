// Several teachers as one, from the shipped packs and by hand.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { datasetFromSpec } from '../data/fromSpec.ts';
import { presets } from '../spec/presets.ts';
import { parseRunSpec, type RunSpec } from '../spec/runSpec.ts';
import { denseOf } from '../teachers/topAnswers.ts';
import { prepareRun, type TeacherHost } from './prepare.ts';
import { meanAnswers } from './severalTeachers.ts';

const preset = presets.get('few-labels-1')?.spec;
if (preset === undefined) throw new Error('no preset');
const small: RunSpec = {
  ...preset,
  data: { ...preset.data, transfer: 60, labelled: 20, validation: 20, test: 40 },
};
/** The shipped packs, and no model. */
const packs: TeacherHost = {
  asset: (path) => Promise.resolve(new Uint8Array(readFileSync(`public/${path}`))),
  openRows: () => Promise.reject(new RangeError('no model is asked for')),
  identify: () => Promise.reject(new RangeError('no model is asked for')),
};
const members = (first: number, second: number): RunSpec['teacher'] => ({
  source: 'several',
  members: [
    { source: 'builtin', id: 'glyphs-mlp', weight: first },
    { source: 'builtin', id: 'glyphs-mlp-noisy', weight: second },
  ],
  ...{ combine: 'probabilities', delivery: 'pack', provider: 'auto' },
});
const prepared = (teacher: RunSpec['teacher']) => {
  const spec = parseRunSpec({ ...small, teacher });
  return prepareRun(spec, datasetFromSpec(spec, spec.seed), packs, [], () => undefined);
};
const softmax = (row: readonly number[]) => {
  const weights = row.map((z) => Math.exp(z - Math.max(...row)));
  const total = weights.reduce((sum, w) => sum + w, 0);
  return weights.map((w) => w / total);
};

test('probabilities are averaged by weight, whatever the offset of the logits', () => {
  const [a, b] = [Float32Array.of(1, 2, 3, 0, 0, 5), Float32Array.of(103, 100, 100, -7, -7, -7)];
  const mean = meanAnswers([a, b], [1, 3], 'probabilities', 3);
  for (const row of [0, 1]) {
    const of = (all: Float32Array) => softmax([...all.subarray(3 * row, 3 * row + 3)]);
    const wanted = of(a).map((p, i) => 0.25 * p + 0.75 * (of(b)[i] ?? 0));
    of(mean).forEach((p, i) => {
      expect(p).toBeCloseTo(wanted[i] ?? Number.NaN, 6);
    });
  }
});

test('logits are averaged by weight up to their offset, which is the geometric mean of probabilities', () => {
  const [a, b] = [Float32Array.of(1, 2, 3), Float32Array.of(53, 50, 50)];
  const found = softmax([...meanAnswers([a, b], [2, 2], 'logits', 3)]);
  const wanted = softmax([(1 + 53) / 2, (2 + 50) / 2, (3 + 50) / 2]);
  found.forEach((p, i) => {
    expect(p).toBeCloseTo(wanted[i] ?? Number.NaN, 6);
  });
});

test('a class that one excludes another may still give, and with weight 0 a teacher has no say', () => {
  const excludes = Float32Array.of(0, Number.NEGATIVE_INFINITY);
  const even = Float32Array.of(0, 0);
  expect(softmax([...meanAnswers([excludes, even], [1, 1], 'probabilities', 2)])[1]).toBeCloseTo(0.25, 6);
  expect(softmax([...meanAnswers([excludes, even], [1, 1], 'logits', 2)])[1]).toBe(0);
  expect(softmax([...meanAnswers([excludes, even], [0, 2], 'logits', 2)])[1]).toBeCloseTo(0.5, 6);
});

test('two packs make one teacher, which lies between both and is each of them where the other has no weight', async () => {
  const [first, both, second] = [
    await prepared(members(1, 0)),
    await prepared(members(1, 1)),
    await prepared(members(0, 1)),
  ];
  const alone = await prepared({ source: 'builtin', id: 'glyphs-mlp', delivery: 'pack', provider: 'auto' });
  const of = (one: typeof both) => denseOf(one.answers.logits ?? new Float32Array());
  for (let row = 0; row < 60; row++) {
    const at = (one: typeof both) => softmax([...of(one).subarray(10 * row, 10 * row + 10)]);
    at(both).forEach((p, i) => {
      expect(p).toBeCloseTo(0.5 * ((at(first)[i] ?? 0) + (at(second)[i] ?? 0)), 5);
      expect(at(first)[i]).toBeCloseTo(at(alone)[i] ?? Number.NaN, 5);
    });
  }
  expect(both.teacher).toMatchObject({
    delivery: 'pack',
    packBytes: expect.any(Number),
    title: expect.stringContaining(' + '),
  });
  expect(both.teacher.sha256).not.toBe(first.teacher.sha256.slice(0, 16));
  await expect(both.model()).rejects.toMatchObject({ detail: { code: 'teacher-several' } });
});

test('no weight, hidden states and live answers are refused where they are set', () => {
  const refused = (changes: object, control: string) =>
    expect(() => parseRunSpec({ ...small, ...changes })).toThrow(
      expect.objectContaining({ code: 'spec-several', detail: expect.objectContaining({ control }) }),
    );
  refused({ teacher: members(0, 0) }, 'teacher.members.0.weight');
  refused({ teacher: { ...members(1, 1), delivery: 'live' } }, 'teacher.delivery');
  const hidden = { loss: 'hidden_mse', weight: 1, pairs: [{ student: 0, teacher: 'any' }], maps: 'pool' };
  refused({ teacher: members(1, 1), objective: { ...small.objective, hidden } }, 'objective.hidden');
});
