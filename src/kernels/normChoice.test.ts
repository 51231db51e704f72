import { expect, test } from 'vitest';
import { groupNorm } from './groupNorm.ts';
import { groupNormGradientWide } from './groupNormGradientWide.ts';
import { groupNormParameterGradientWide } from './groupNormParameterGradientWide.ts';
import { groupNormWide } from './groupNormWide.ts';
import { chooseNorm } from './normChoice.ts';

test('a GPU takes the wide forms, a CPU in its place the others', () => {
  expect(chooseNorm(true).norm).toBe(groupNorm);
  expect(chooseNorm(false)).toEqual({
    norm: groupNormWide,
    gradient: groupNormGradientWide,
    parameterGradient: groupNormParameterGradientWide,
  });
});
