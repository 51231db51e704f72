// The gradients of attention at its keys and values from registers: the GPU against float64. That the reference agrees with
// differences is shown in attentionKeyGradient.test.ts.
import { expect, test } from 'vitest';
import { attentionInputs, registerShapes } from './attentionCases.ts';
import { attentionKeyGradient } from './attentionKeyGradient.ts';
import { attentionKeyGradientRegisters } from './attentionKeyGradientRegisters.ts';
import { checkKernel, checkWithoutFeatures, randomFloats } from './checkKernel.ts';

test.each(registerShapes)(
  '$batch × $positions positions, $heads heads on $kvHeads of width $width',
  async (shape) => {
    const adds = shape.positions <= 2;
    const params = { ...shape, accumulateKey: adds, accumulateValue: adds };
    const { q, k, v, upstream, withMeans } = attentionInputs(params);
    const inputs = [q, k, v, upstream, withMeans].map((one) => new Float32Array(one));
    const kept = [randomFloats(k.length, 6), randomFloats(k.length, 7)];
    await checkKernel(attentionKeyGradientRegisters, params, [...inputs, ...kept]);
  },
);

test('its reference is that of the form in workgroup memory', () => {
  expect(attentionKeyGradientRegisters.reference).toBe(attentionKeyGradient.reference);
});

test('a device without subgroups computes the same bits', async () => {
  const shape = {
    batch: 1,
    positions: 21,
    heads: 2,
    kvHeads: 1,
    width: 4,
    accumulateKey: false,
    accumulateValue: false,
  };
  const { q, k, v, upstream, withMeans } = attentionInputs(shape);
  const inputs = [q, k, v, upstream, withMeans, k, v].map((one) => new Float32Array(one));
  await checkWithoutFeatures(attentionKeyGradientRegisters, shape, inputs);
});
