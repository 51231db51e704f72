// A hundredth of the formulas that `npm run soak` draws.
import { expect, test } from 'vitest';
import { fuzzFormulas } from './hostileFormulas.ts';

const count = 100;
const seed = 20_261_125;

test(`${count} formulas drawn by lot are refused with a reason, or are worth what plain arithmetic makes of them`, () => {
  const { faults, accepted, compared, refused } = fuzzFormulas(count, seed);
  expect(faults, `seed ${seed}`).toEqual([]);
  expect(accepted + refused).toBe(count);
  expect(compared).toBeGreaterThan(count / 4);
}, 120_000);

test('one of them can be drawn again alone', () => {
  const [wanted] = fuzzFormulas(1, seed, 2).formulas;
  expect(fuzzFormulas(3, seed).formulas.some(({ text }) => text === wanted?.text)).toBe(true);
});
