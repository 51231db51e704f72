// The axis of a sweep: how its values are written, and that none reaches a run that the specification would refuse.
import { expect, test } from 'vitest';
import { presets } from './presets.ts';
import type { RunSpec } from './runSpec.ts';
import { readAxis, readValues, sweptSpecs, withSwept } from './sweep.ts';

const spec = presets.get('few-labels-1')?.spec;
if (spec === undefined) throw new Error('no preset');

const ofFormula: RunSpec = {
  ...spec,
  objective: {
    ...spec.objective,
    terms: [{ id: 'formula', weight: 1, formula: 'param beta = 0.5 in 0..1\nbeta * p * (log p - log q)' }],
  },
};

test('Values are a list or a range, and a range ends where it says', () => {
  expect(readValues('objective.mix', ' 0, .25,1e-1')).toEqual([0, 0.25, 0.1]);
  expect(readValues('objective.mix', '0..1 by .25')).toEqual([0, 0.25, 0.5, 0.75, 1]);
  expect(readValues('objective.mix', '0..0.3 by 0.1')).toEqual([0, 0.1, 0.2, 0.3]);
  expect(readValues('objective.mix', '0..1 by .4')).toEqual([0, 0.4, 0.8]);
  expect(readAxis('student.layers=1..4')).toEqual({ path: 'student.layers', values: [1, 2, 3, 4] });
});

test('Sixteen values may be swept, and two; seventeen, one, one twice and words may not, and the setting is named', () => {
  expect(readValues('optimiser.warmup', '1..16')).toHaveLength(16);
  for (const text of [
    '1..17',
    '0..1e9',
    '3',
    '1,2,2',
    '',
    '1,,2',
    '1,two',
    '1..0',
    '0..1 by 0',
    '0..1 by -1',
  ])
    expect(() => readValues('optimiser.warmup', text), text).toThrow(/optimiser\.warmup/);
});

test('The specification at a value differs in that setting alone, and events of the setting are gone', () => {
  const events = [
    { step: 9, path: 'objective.temperature', value: 3 },
    { step: 9, path: 'objective.mix', value: 0.5 },
  ];
  const [one, two] = sweptSpecs({ ...spec, events }, { path: 'objective.temperature', values: [2, 8] });
  expect(one).toEqual({
    ...spec,
    objective: { ...spec.objective, temperature: 2 },
    events: events.slice(1),
  });
  expect(two?.objective.temperature).toBe(8);
});

test('A list of widths takes the value in each layer, and one layer may be swept alone', () => {
  expect(withSwept(spec, 'student.hidden', 32).student).toMatchObject({ hidden: [32, 32] });
  expect(withSwept(spec, 'student.hidden.1', 32).student).toMatchObject({ hidden: [128, 32] });
});

test('A parameter of a formula is swept within the range that the formula gives it, by its name', () => {
  const path = 'objective.terms.0.values.beta';
  expect(withSwept(ofFormula, path, 1).objective.terms[0]?.values).toEqual({ beta: 1 });
  expect(() => withSwept(ofFormula, path, 1.5)).toThrow(/got 1\.5, wanted 0 to 1/);
  expect(() => withSwept(ofFormula, 'objective.terms.0.values.gamma', 1)).toThrow(
    /no parameter of this name/,
  );
});

test('A value that the specification refuses is told with the setting and what it wants', () => {
  const axis = { path: 'training.steps', values: [100, 0] };
  expect(() => sweptSpecs(spec, axis)).toThrow(/training\.steps .* got 0, wanted 1 to 1000000/);
  expect(() => withSwept(spec, 'training.batch', 1.5)).toThrow(/got 1\.5/);
  const jsd: RunSpec = {
    ...spec,
    objective: { ...spec.objective, terms: [{ id: 'jsd', weight: 1 }] },
  };
  expect(withSwept(jsd, 'objective.terms.0.beta', 0.3).objective.terms[0]?.beta).toBe(0.3);
  expect(() => withSwept(jsd, 'objective.terms.0.beta', 2)).toThrow(/got 2, wanted 0 to 1/);
  expect(() => withSwept(spec, 'data.labelled', 1e6)).toThrow(/got 1000000, .*at most/);
});

test('What is no number, no setting, or nothing that trains is no axis', () => {
  for (const path of [
    'seed',
    'schema',
    'name',
    'evaluation.offset',
    'student.kind',
    'events',
    'events.0.step',
  ])
    expect(() => withSwept(spec, path, 1), path).toThrow(/cannot be swept/);
  for (const path of ['', 'objective', 'data.leaveOut', 'objective.scaleByT2', 'objective.hidden'])
    expect(() => withSwept(spec, path, 1), path).toThrow();
  expect(() => withSwept(spec, 'training.stepz', 1)).toThrow(/no setting training\.stepz/);
  expect(() => withSwept(spec, '__proto__.polluted', 1)).toThrow(/no setting/);
});
