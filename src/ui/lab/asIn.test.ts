import { expect, test } from 'vitest';
import { findToolkit, toolkits } from '../../losses/conventions.ts';
import { presets } from '../../spec/presets.ts';
import { type ObjectiveSpec, parseRunSpec } from '../../spec/runSpec.ts';
import { asIn } from './asIn.ts';

const base = presets.get('few-labels-1')?.spec;
if (base === undefined) throw new Error('no preset');
const withTerms = (terms: ObjectiveSpec['terms']): ObjectiveSpec => ({ ...base.objective, terms });
const toolkit = (id: string) =>
  findToolkit(id) ??
  toolkits[0] ??
  (() => {
    throw new Error(id);
  })();

test('every toolkit gives an objective that a run may have, and says what changes', () => {
  const objective = withTerms([
    { id: 'forward_kl', weight: 1 },
    { id: 'jsd_normalised', weight: 0.5, beta: 0.3 },
    { id: 'jeffreys', weight: 1, lambda: 0.4 },
    { id: 'formula', weight: 2, formula: 'sum(p * log(p / q))' },
  ]);
  for (const one of toolkits) {
    const adopted = asIn(objective, one);
    expect(() => parseRunSpec({ ...base, objective: adopted.objective }), one.id).not.toThrow();
    expect(adopted.notes.length, one.id).toBeGreaterThan(3);
    expect(new Set(adopted.notes).size).toBe(adopted.notes.length);
  }
});

test('forward KL as in torchtune is soft cross-entropy at T = 1 without T², shared in halves with the labels', () => {
  const { objective } = asIn(withTerms([{ id: 'forward_kl', weight: 2 }]), toolkit('torchtune'));
  expect(objective).toMatchObject({ temperature: 1, scaleByT2: false, mixing: 'share', mix: 0.5 });
  expect(objective.terms).toEqual([{ id: 'soft_ce', weight: 2 }]);
});

test('β of a normalised JSD is kept where TRL computes the plain one', () => {
  const { objective } = asIn(withTerms([{ id: 'jsd_normalised', weight: 1, beta: 0.3 }]), toolkit('trl'));
  expect(objective.terms).toEqual([{ id: 'jsd', weight: 1, beta: 0.3 }]);
});

test('DKD is mixed as mdistiller mixes it, and T that stays is said', () => {
  const { objective, notes } = asIn(withTerms([{ id: 'decoupled', weight: 1 }]), toolkit('mdistiller'));
  expect(objective).toMatchObject({ mixing: 'sum', labelWeight: 1 });
  expect(notes.join(' ')).toContain(`T stays ${base.objective.temperature}: mdistiller takes 4`);
});

test('terms for which there is no room are said', () => {
  const four = Array.from({ length: 4 }, () => ({ id: 'jeffreys', weight: 1, lambda: 0.4 }));
  const { objective, notes } = asIn(withTerms(four), toolkit('torchtune'));
  expect(objective.terms).toHaveLength(4);
  expect(notes.join(' ')).toContain('8 terms: only the first 4');
});
