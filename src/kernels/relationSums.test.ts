import { expect, test } from 'vitest';
import { checkKernel } from './checkKernel.ts';
import { relationInputs, relationRun } from './relationCases.ts';
import { relationKinds, relationLevels, relationSums } from './relationSums.ts';

test.each(relationKinds.filter((kind) => relationLevels[kind] > 0))(
  'the sums of %s agree with float64 in each of their levels, without the rows that are not valid',
  async (kind) => {
    for (const n of [1, 5, 70]) {
      const inputs = relationInputs(kind, n, [6, 3]);
      const { matrices, sums } = relationRun(inputs);
      const given = matrices.map((matrix) => Float32Array.from(matrix));
      for (let level = 0; level < relationLevels[kind]; level++) {
        const before = Float32Array.from(sums);
        const found = await checkKernel(relationSums, { n, kind, level }, [...given, inputs.flags, before]);
        if (n > 3)
          expect([...(found.gpu[4] ?? []).slice(3 * 8 + 4 * level, 3 * 8 + 4 * level + 4)]).toEqual([
            0, 0, 0, 0,
          ]);
      }
    }
  },
);
