// What a card's picture of a loss shows: that there is one, where it is least, and that the slope is the value's.
import { expect, test } from 'vitest';
import { hiddenLosses, labelLosses, termLosses } from './catalogue.ts';
import { measure, picturedAs } from './pictured.ts';

const all = [...labelLosses, ...termLosses, ...hiddenLosses].map(({ id }) => id);
const ofBatches = [...hiddenLosses.map(({ id }) => id), 'dist_intra'];
const at = (id: string, own: number) => measure({ id, parameters: {} }, 2, own, 1.3);

test('every loss has a picture but the one that is a draw', () => {
  expect(all.filter((id) => picturedAs(id) === null)).toEqual(['sampled_reverse_kl']);
  expect(picturedAs('constructor')).toBeNull();
});

test.each(ofBatches)('%s is 0 at the teacher, more elsewhere, and its slope is that of its value', (id) => {
  expect(at(id, 1.3).value).toBeCloseTo(0, 10);
  for (const own of [-2.2, 0.4, 3.1]) {
    expect(at(id, own).value, `${id} at ${own}`).toBeGreaterThan(1e-6);
    const [step, { slope }] = [1e-4, at(id, own)];
    const numeric = (at(id, own + step).value - at(id, own - step).value) / (2 * step);
    expect(slope, `${id} at ${own}`).toBeCloseTo(numeric, 6);
  }
});
