import { expect, test } from 'vitest';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { scaleBy } from './scaleBy.ts';

test('every number is multiplied by the factor, correctly rounded', async () => {
  const factor = Float32Array.of(-1.7);
  for (const length of [1, 63, 65, 1000]) {
    const x = randomFloats(length, length);
    const { gpu } = await checkKernel(scaleBy, { length }, [factor, x]);
    expect(gpu[1]).toEqual(x.map((value) => value * (factor[0] ?? 0)));
  }
});
