// Where the axes of charts begin.
import { expect, test } from 'vitest';
import { fakePage, settled } from '../store/fakePage.ts';
import { drawnAs } from './chartWords.ts';

const page = fakePage();
await page.controller.choosePreset('two-moons-1');
await settled();

test('a logarithmic axis begins at one digit of a power of ten, at or below the lowest value, from which its ticks find their end', () => {
  const { range } = drawnAs('ratio', page.run);
  // From .00964 uPlot went to .011, over .01, and on without end.
  expect(range(0.00964 * 1.5, 30)[0]).toBe(0.009);
  for (let i = -400; i < 400; i++) {
    const lowest = 10 ** (i / 40);
    const [low] = range(lowest, 1e12);
    expect(low.toExponential()).toMatch(/^[1-9]e/);
    expect(low).toBeLessThanOrEqual(lowest);
    expect(low).toBeGreaterThan(lowest / 4);
  }
  expect(range(0, 0)).toEqual([0.1, 10]);
});
