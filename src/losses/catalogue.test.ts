import { expect, test } from 'vitest';
import { attentionLossIds } from '../kernels/attentionKl.ts';
import { stateLosses } from '../kernels/hiddenLoss.ts';
import { rankedIds } from '../kernels/rankedTerms.ts';
import { relationKinds } from '../kernels/relationSums.ts';
import { termIds } from '../kernels/rowTerms.ts';
import { jsdBeta } from '../kernels/terms/jsdNormalised.ts';
import { termLoss } from '../spec/terms.ts';
import { findTerm, hiddenLosses, labelLosses, termLosses } from './catalogue.ts';
import { texOf } from './tex.ts';

const hiddenIds = [...stateLosses, ...relationKinds, ...attentionLossIds];
const all = [...labelLosses, ...termLosses, ...hiddenLosses];

test('every term that can be trained is in the catalogue, once, and no other', () => {
  expect([...labelLosses, ...termLosses].map((entry) => entry.id).sort()).toEqual(
    [...termIds, ...rankedIds].sort(),
  );
  expect(hiddenLosses.map((entry) => entry.id).sort()).toEqual([...hiddenIds].sort());
  expect(new Set(all.map((entry) => entry.id)).size).toBe(all.length);
});

test('every loss says what it is, where it comes from, what it needs and how others differ', () => {
  for (const entry of all) {
    for (const text of [entry.title, entry.about, entry.formula, entry.gradient, entry.source]) {
      expect(text.trim().length, entry.id).toBeGreaterThan(3);
    }
    expect(entry.needs.length, entry.id).toBeGreaterThan(0);
    expect(entry.conventions.length, entry.id).toBeGreaterThan(0);
    expect(entry.defaultWeight, entry.id).toBeGreaterThan(0);
  }
});

test('a term has the parameters of the specification, in its order', () => {
  for (const { id, parameters } of [...labelLosses, ...termLosses]) {
    expect(
      parameters.map(({ name, min, max }) => ({ name, min, max })),
      id,
    ).toEqual((termLoss(id)?.parameters ?? []).map(({ name, min, max }) => ({ name, min, max })));
  }
});

test('every loss has its formulas as TeX too', () => {
  for (const { id } of all) expect(texOf(id), id).toBeDefined();
});

test('every parameter has its default inside its range', () => {
  for (const { id, parameters } of all) {
    for (const parameter of parameters) {
      expect(parameter.default, id).toBeGreaterThanOrEqual(parameter.min);
      expect(parameter.default, id).toBeLessThanOrEqual(parameter.max);
    }
  }
});

test('β is rounded as its note says', () => {
  expect([0, 0.009, 0.011, 0.02, 0.5, 0.98, 0.989, 0.991, 1].map(jsdBeta)).toEqual([
    0, 0, 0.02, 0.02, 0.5, 0.98, 0.98, 1, 1,
  ]);
});

test('an id from outside finds its term, and a name of every object finds none', () => {
  expect(findTerm('reverse_kl')?.title).toBe('Reverse KL');
  for (const id of ['toString', '__proto__', 'constructor', '']) expect(findTerm(id)).toBeUndefined();
});

const commands: Readonly<Record<string, RegExp>> = {
  ...{ α: /\\alpha/, β: /\\beta/, λ: /\\lambda/, μ: /\\mu/, τ: /\\tau/, ε: /\\varepsilon/ },
  ...{ m: /\bm\b/, k: /\bk\b/ },
};

test('every parameter stands in the formula of its loss, and no index is taken for one', () => {
  for (const { id, parameters } of all) {
    const { loss = '', gradient = '' } = texOf(id) ?? {};
    for (const { symbol } of parameters) {
      expect(`${loss} ${gradient}`, `${symbol} in ${id}`).toMatch(commands[symbol] ?? symbol);
      expect(`${loss} ${gradient}`, `${symbol} as an index in ${id}`).not.toMatch(
        new RegExp(`_\\{?${symbol}`),
      );
    }
  }
});
