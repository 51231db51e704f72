import { expect, test } from 'vitest';
import { liveWords } from '../tensor/live.ts';
import { checkKernel, randomInts } from './checkKernel.ts';
import { writtenRows } from './writtenRows.ts';

const live = () => new Uint32Array(liveWords);
const float = (bits = 0) => new Float32Array(Uint32Array.of(bits).buffer)[0];

test.each([
  [1, 2],
  [3, 65],
  [65, 7],
  [130, 3],
])('%i texts of %i tokens are marked and counted as in the reference', async (batch, positions) => {
  const lengths = randomInts(batch, positions, 1).map((length) => length + 1);
  const sequence = randomInts(batch * positions, 5, 2);
  const flags = randomInts(batch * positions, 4, 3);
  for (const end of [4, null]) {
    const { gpu } = await checkKernel(writtenRows, { batch, positions, end }, [
      lengths,
      sequence,
      flags,
      live(),
    ]);
    let [valid, labelled] = [0, 0];
    for (const flag of gpu[2] ?? []) {
      valid += flag & 1;
      labelled += flag === 3 ? 1 : 0;
    }
    expect(float(gpu[3]?.[14])).toBeCloseTo(valid === 0 ? 0 : 1 / valid, 5);
    expect(float(gpu[3]?.[15])).toBeCloseTo(labelled === 0 ? 0 : 1 / labelled, 5);
  }
});

test('of a written text the tokens behind the prompt count, without labels, until its end was read; a given one stays', async () => {
  const end = 9;
  const sequence = Uint32Array.of(0, 9, 2, 3, 9, 1, 0, 1, 9, 3, 4, 5);
  const flags = new Uint32Array(12).fill(3).fill(0, 10);
  const inputs = [Uint32Array.of(3, 6), sequence, flags, live()] as const;
  const { gpu } = await checkKernel(writtenRows, { batch: 2, positions: 6, end }, inputs);
  // The prompt's own mark of an end is no end of what was written.
  expect([...(gpu[2] ?? [])]).toEqual([0, 0, 1, 1, 0, 0, 3, 3, 3, 3, 0, 0]);
  expect(float(gpu[3]?.[14])).toBeCloseTo(1 / 6, 5);
  expect(float(gpu[3]?.[15])).toBeCloseTo(1 / 4, 5);
});

test('where every text is written no row has a label, and where none counts the inverse is 0', async () => {
  const params = { batch: 1, positions: 4, end: 7 };
  const given = [Uint32Array.of(2), Uint32Array.of(1, 2, 3, 4), new Uint32Array(4).fill(3), live()] as const;
  const written = await checkKernel(writtenRows, params, given);
  expect(float(written.gpu[3]?.[15])).toBe(0);
  const padding = [Uint32Array.of(4), Uint32Array.of(1, 2, 3, 4), new Uint32Array(4), live()] as const;
  const { gpu } = await checkKernel(writtenRows, params, padding);
  expect(float(gpu[3]?.[14])).toBe(0);
});
