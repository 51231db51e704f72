// Causal attention from registers: the GPU against float64, and a device whose lanes cannot tell each other anything.
import { test } from 'vitest';
import type { AttentionParams } from './attention.ts';
import { attentionInputs, registerShapes } from './attentionCases.ts';
import { attentionRegisters } from './attentionRegisters.ts';
import { checkKernel, checkWithoutFeatures } from './checkKernel.ts';

function inputsOf(params: AttentionParams, scale = 1) {
  const { q, k, v, o, stats } = attentionInputs(params);
  return [
    ...[q, k].map((one) => new Float32Array(one.map((x) => scale * x))),
    ...[new Float32Array(v), new Float32Array(o.length), new Float32Array(stats.length)],
  ];
}

test.each(registerShapes)(
  '$batch × $positions positions, $heads heads on $kvHeads of width $width',
  async (params) => {
    await checkKernel(attentionRegisters, params, inputsOf(params));
  },
);

test('scores of hundreds neither overflow nor lose the weight of the nearest', async () => {
  const params = { batch: 1, positions: 70, heads: 1, kvHeads: 1, width: 4 };
  // A rounding of a score of 1,000 is 6e-5 of its weight.
  const bounds = { norm: 1e-3, relative: 1e-3, absolute: 1e-3 };
  await checkKernel(attentionRegisters, params, inputsOf(params, 30), bounds);
});

test('a device without subgroups computes the same bits', async () => {
  const params = { batch: 1, positions: 21, heads: 2, kvHeads: 1, width: 4 };
  await checkWithoutFeatures(attentionRegisters, params, inputsOf(params));
});
