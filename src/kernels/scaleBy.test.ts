import { test } from 'vitest';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { scaleBy } from './scaleBy.ts';

test('every number is multiplied by the factor', async () => {
  for (const length of [1, 63, 65, 1000])
    await checkKernel(scaleBy, { length }, [Float32Array.of(-1.7), randomFloats(length, length)]);
});
