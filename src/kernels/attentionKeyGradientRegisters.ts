/**
 * The gradients of causal attention with respect to its keys and values, from registers alone. The twin of
 * attentionKeyGradient.ts for CPU adapters, with the same parameters, bindings and reference.
 */
import type { Kernel } from '../tensor/kernel.ts';
import { type AttentionKeyGradientParams, attentionKeyGradient } from './attentionKeyGradient.ts';
import { registerLibraries, registerShape, registerWorkgroups } from './attentionRegisters.ts';

/** Only where `fitsRegisters`. Bindings and results as `attentionKeyGradient`. */
export const attentionKeyGradientRegisters: Kernel<AttentionKeyGradientParams> = {
  ...attentionKeyGradient,
  name: 'attention_key_gradient_registers',
  sources: [...registerLibraries, 'nn/attention_key_gradient_registers'],
  constants: ({ width, accumulateKey, accumulateValue }) => ({
    width,
    accumulate_key: Number(accumulateKey),
    accumulate_value: Number(accumulateValue),
  }),
  shape: (params) => registerShape(params, params.kvHeads),
  workgroups: (params) => registerWorkgroups(params, params.kvHeads),
};
