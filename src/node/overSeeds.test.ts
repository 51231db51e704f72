// What is said of several seeds together: means, differences with their intervals, and no difference where none is shown.
import { expect, test } from 'vitest';
import { overSeeds } from './overSeeds.ts';

const labels = { arm: 'labels', values: [0.6, 0.61, 0.59] };
const distilled = { arm: 'distilled', values: [0.9, 0.9, 0.9] };

test('a gain is told in points with its interval and in how many seeds it was one', () => {
  expect(overSeeds('accuracy', false, [labels, distilled])).toEqual([
    'over 3 seeds, accuracy with 95 % intervals:',
    '  labels       60.00 ± 2.48 %',
    '  distilled    90.00 ± 0.00 %',
    '  distilled − labels: +30.00 (+27.52 to +32.48 points, better in 3 of 3)',
  ]);
});

test('an interval that holds 0 claims nothing, and one seed says nothing', () => {
  const same = { arm: 'distilled', values: [0.61, 0.6, 0.6] };
  expect(overSeeds('accuracy', false, [labels, same]).at(-1)).toMatch(
    /^ {2}distilled − labels: no difference shown \(−\d\.\d\d to \+\d\.\d\d points, better in 2 of 3\)$/,
  );
  expect(overSeeds('accuracy', false, [{ arm: 'labels', values: [0.6] }])).toEqual([]);
});

test('of a loss less is better, in nats', () => {
  const [one, other] = [
    { arm: 'labels', values: [1, 1.02] },
    { arm: 'distilled', values: [0.9, 0.91] },
  ];
  expect(overSeeds('loss', true, [one, other]).at(-1)).toMatch(/better in 2 of 2\)$/);
  expect(overSeeds('loss', true, [one, other])[2]).toBe('  distilled    0.9050 ± 0.0635');
});
