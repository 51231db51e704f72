// Settings by path: what is there changes, what is not is refused, and nothing of the language's own is reached.
import { expect, test } from 'vitest';
import { presets } from './presets.ts';
import { parsedValue, settingAt, withSetting } from './settings.ts';

const spec = presets.get('few-labels-1')?.spec;
if (spec === undefined) throw new Error('no preset');

test('a nested field is replaced in a copy', () => {
  const changed = withSetting(spec, 'training.steps', 7);
  expect(changed.training.steps).toBe(7);
  expect(spec.training.steps).toBe(2_000);
});

test('an item of a list is reached by its number, and an optional field may be given', () => {
  expect(withSetting(spec, 'arms.0.learningRate', 0.001).arms[0]?.learningRate).toBe(0.001);
  expect(withSetting(spec, 'arms.3', { kind: 'smoothed' }).arms).toHaveLength(4);
});

test('a setting that does not exist is refused by name', () => {
  expect(() => withSetting(spec, 'training.stepz', 7)).toThrow(/no setting training.stepz/);
  expect(() => withSetting(spec, 'arms.9.kind', 'labels')).toThrow(/no setting/);
});

test('a value outside its limits is refused with the field', () => {
  expect(() => withSetting(spec, 'training.steps', 0)).toThrow(/training.steps/);
});

test('prototypes cannot be reached', () => {
  expect(() => withSetting(spec, '__proto__.polluted', 1)).toThrow(/no setting/);
  expect(() => withSetting(spec, 'constructor.prototype.polluted', 1)).toThrow(/no setting/);
  expect({}).not.toHaveProperty('polluted');
});

test('texts are read as numbers, lists and words', () => {
  expect(['4e-3', '[3,8]', 'cnn', 'true'].map(parsedValue)).toEqual([0.004, [3, 8], 'cnn', true]);
  expect(settingAt(spec, 'student.hidden.1')).toBe(128);
});
