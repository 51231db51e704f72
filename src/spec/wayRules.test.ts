// What a way of teaching asks of the rest of a specification.
import { expect, test } from 'vitest';
import { gallery } from './gallery.ts';
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
