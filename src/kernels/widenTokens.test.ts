// Tokens as 64-bit integers: what a host would read of them, to the bit.
import { expect, test } from 'vitest';
import { checkKernel } from './checkKernel.ts';
import { widenTokens } from './widenTokens.ts';

test.each([1, 63, 64, 65, 1_031])(
  '%i tokens become the 64-bit integers that a host would write',
  async (length) => {
    const x = Uint32Array.from({ length }, (_, i) => (i * 265_443) % 200_000);
    const { gpu } = await checkKernel(widenTokens, { length }, [x, new Uint32Array(2 * length).fill(7)]);
    const words = Uint32Array.from(gpu[1] ?? []);
    expect(new BigInt64Array(words.buffer)).toEqual(BigInt64Array.from(x, BigInt));
  },
);

test('elements past the length keep what they held', async () => {
  const { gpu } = await checkKernel(widenTokens, { length: 1 }, [
    Uint32Array.of(5, 6),
    new Uint32Array(4).fill(7),
  ]);
  expect([...(gpu[1] ?? [])]).toEqual([5, 0, 7, 7]);
});
