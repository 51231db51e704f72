// Terms of an objective: their parameters, ranges and live paths.
import { expect, test } from 'vitest';
import { liveRange, withLive } from './live.ts';
import { presets } from './presets.ts';
import { parseRunSpec, type RunSpec } from './runSpec.ts';
import { parametersOf, termLoss } from './terms.ts';

const preset = presets.get('dark-knowledge-1')?.spec;
if (preset === undefined) throw new Error('no preset');

function specWith(term: RunSpec['objective']['terms'][number]): RunSpec {
  if (preset === undefined) throw new Error('no preset');
  return { ...preset, objective: { ...preset.objective, terms: [term] } };
}

test('parameters come in the order of the table, with the usual value where a term names none', () => {
  expect(parametersOf({ id: 'decoupled', beta: 2 })).toEqual([1, 2]);
  expect(parametersOf({ id: 'jsd_normalised' })).toEqual([0.5]);
  expect(parametersOf({ id: 'forward_kl', beta: 2 })).toEqual([]);
  expect(parametersOf({ id: 'toString' })).toEqual([]);
});

test('an id from outside is a loss of the table or none', () => {
  expect(termLoss('jeffreys')?.parameters.map(({ name }) => name)).toEqual(['lambda']);
  for (const id of ['toString', '__proto__', 'formula', '']) expect(termLoss(id)).toBeUndefined();
});

test('each loss has its own range of a parameter, told with the path', () => {
  expect(parseRunSpec(specWith({ id: 'decoupled', weight: 1, beta: 8 })).objective.terms[0]?.beta).toBe(8);
  for (const [term, path] of [
    [{ id: 'jsd', weight: 1, beta: 1.1 }, 'beta'],
    [{ id: 'skew_kl', weight: 1, lambda: 0.99 }, 'lambda'],
    [{ id: 'hinge', weight: 1, k: 1 }, 'k'],
  ] as const) {
    expect(() => parseRunSpec(specWith(term))).toThrow(
      expect.objectContaining({
        detail: expect.objectContaining({ code: 'spec-parameter', control: `objective.terms.0.${path}` }),
      }),
    );
  }
  expect(() => parseRunSpec(specWith({ id: 'formula', weight: 1 }))).toThrow(/formula without a text/);
});

test('parameters are live, in an arm of its own objective too, within the range of their loss', () => {
  const spec = specWith({ id: 'decoupled', weight: 1 });
  expect(withLive(spec, 'objective.terms.0.beta', 9).objective.terms[0]?.beta).toBe(9);
  expect(() => withLive(specWith({ id: 'jsd', weight: 1 }), 'objective.terms.0.beta', 9)).toThrow(/range/);
  const own = { ...spec, arms: [{ kind: 'distilled' as const, objective: spec.objective }] };
  expect(withLive(own, 'arms.0.objective.terms.0.alpha', 3).arms[0]?.objective?.terms[0]?.alpha).toBe(3);
  expect(withLive(own, 'arms.0.objective.temperature', 3).arms[0]?.objective?.temperature).toBe(3);
  const formula = specWith({ id: 'formula', weight: 1, formula: 'param a = 1 in -3..3\nsum(a*q^2)' });
  expect(withLive(formula, 'objective.terms.0.values.a', -2).objective.terms[0]?.values).toEqual({ a: -2 });
  expect(() => withLive(formula, 'objective.terms.0.values.a', -4)).toThrow(/range/);
  expect(() => withLive(formula, 'objective.terms.0.values.b', 1)).toThrow(/cannot change/);
  for (const path of ['objective.terms.4.beta', 'objective.terms.0.id', 'arms.0.objective.mixing'])
    expect(liveRange(path)).toBeUndefined();
});
