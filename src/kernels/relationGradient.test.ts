import { expect, test } from 'vitest';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { gradientError } from './finiteDifference.ts';
import { plainRelationLoss, relationInputs, relationLive, relationRun } from './relationCases.ts';
import { relationGradient } from './relationGradient.ts';
import { relationKinds } from './relationSums.ts';
import { rowStats } from './rowLoss.ts';

test.each(relationKinds)('the gradient of %s agrees with float64, alone and added', async (kind) => {
  for (const [n, size] of [
    [1, 1],
    [5, 3],
    [33, 65],
  ] as const) {
    const inputs = relationInputs(kind, n, [size, 4]);
    const { weights } = relationRun(inputs);
    for (const accumulate of [false, true]) {
      await checkKernel(
        relationGradient,
        { n, size, kind, pairs: 2, accumulate },
        [
          Float32Array.from(inputs.student),
          Float32Array.from(inputs.teacher),
          Float32Array.from(weights),
          randomFloats(n * size, 3),
          randomFloats(n * rowStats, 4),
        ],
        { live: relationLive },
      );
    }
  }
});

test.each(relationKinds)(
  'the gradient of %s is the derivative of its loss, to 1e-7 of central differences',
  (kind) => {
    for (const n of [3, 5, 9]) {
      const inputs = relationInputs(kind, n, [3, 4]);
      const { gradient } = relationRun(inputs);
      const loss = (student: Float64Array): number => plainRelationLoss(inputs, student);
      expect(gradientError(loss, gradient, inputs.student.slice())).toBeLessThan(1e-7);
      expect(
        gradientError(
          loss,
          gradient.map((g) => 1.0001 * g),
          inputs.student.slice(),
        ),
      ).toBeGreaterThan(5e-5);
    }
  },
);
