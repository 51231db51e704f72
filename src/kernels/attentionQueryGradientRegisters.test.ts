// The gradient of attention at its queries from registers: the GPU against float64. That the reference agrees with
// differences is shown in attentionQueryGradient.test.ts.
import { expect, test } from 'vitest';
import { attentionInputs, registerShapes } from './attentionCases.ts';
import { attentionQueryGradient } from './attentionQueryGradient.ts';
import { attentionQueryGradientRegisters } from './attentionQueryGradientRegisters.ts';
import { checkKernel, checkWithoutFeatures, randomFloats } from './checkKernel.ts';

test.each(registerShapes)(
  '$batch × $positions positions, $heads heads on $kvHeads of width $width',
  async (shape) => {
    const params = { ...shape, accumulate: shape.positions <= 2 };
    const { q, k, v, o, upstream, stats } = attentionInputs(params);
    const inputs = [q, k, v, o, upstream, stats].map((one) => new Float32Array(one));
    await checkKernel(attentionQueryGradientRegisters, params, [...inputs, randomFloats(q.length, 6)]);
  },
);

test('its reference is that of the form in workgroup memory', () => {
  expect(attentionQueryGradientRegisters.reference).toBe(attentionQueryGradient.reference);
});

test('a device without subgroups computes the same bits', async () => {
  const shape = { batch: 1, positions: 21, heads: 2, kvHeads: 1, width: 4, accumulate: false };
  const { q, k, v, o, upstream, stats } = attentionInputs(shape);
  const inputs = [q, k, v, o, upstream, stats, q].map((one) => new Float32Array(one));
  await checkWithoutFeatures(attentionQueryGradientRegisters, shape, inputs);
});
