import { gradientNorm, gradientNormGroups } from './gradientNorm.ts';
import { testGradientNorm } from './gradientNormTests.ts';

testGradientNorm(
  gradientNorm,
  gradientNormGroups,
  [64, 128, 4_032, 4_096, 4_160, 131_072, 2_097_152, 2_097_216],
);
