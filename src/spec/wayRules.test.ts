// What a way of teaching asks of the rest of a specification.
import { expect, test } from 'vitest';
import { gallery } from './gallery.ts';
import { presets } from './presets.ts';
import { parseRunSpec } from './runSpec.ts';

test('a live teacher is not asked to lack classes, nor an arm to see zero logits for them', () => {
  const exhibit = gallery.find(({ fault }) => fault === 'zero_logits')?.spec;
  if (exhibit === undefined) throw new Error('no exhibit');
  const refused = expect.objectContaining({ code: 'spec-live' });
  const live = { ...exhibit, teacher: { ...exhibit.teacher, delivery: 'live' } };
  expect(() => parseRunSpec(live)).toThrow(refused);
  expect(() => parseRunSpec({ ...live, teacher: { ...live.teacher, lacks: [] } })).toThrow(refused);
  expect(() => parseRunSpec({ ...live, arms: exhibit.arms.slice(0, 1) })).toThrow(refused);
  const neither = { ...live, arms: exhibit.arms.slice(0, 1), teacher: { ...live.teacher, lacks: [] } };
  expect(parseRunSpec(neither).teacher.delivery).toBe('live');
  expect(parseRunSpec(exhibit).arms).toHaveLength(2);
});

test('what is wrong in an arm of its own objective is told by the arm’s place in the specification', () => {
  const spec = presets.get('two-moons-1')?.spec;
  if (spec === undefined) throw new Error('no preset');
  const onPolicy = { share: 0.5, prompt: 1, temperature: 1 };
  const wrong = { ...spec.objective, terms: [{ id: 'jsd', weight: 1, beta: 2 }] };
  const refusedAt = (given: object, control: string) =>
    expect(() => parseRunSpec({ ...spec, ...given }), control).toThrow(
      expect.objectContaining({ detail: expect.objectContaining({ control }) }),
    );
  const plain = { kind: 'distilled' };
  for (const [own, field] of [
    [{ ...spec.objective, onPolicy }, 'objective.onPolicy'],
    [wrong, 'objective.terms.0.beta'],
  ] as const) {
    refusedAt({ objective: own, arms: [plain] }, field);
    refusedAt({ arms: [{ ...plain, objective: own }] }, `arms.0.${field}`);
    refusedAt({ arms: [plain, { kind: 'labels' }, { ...plain, objective: own }] }, `arms.2.${field}`);
  }
});
