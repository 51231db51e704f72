/**
 * The gradient of causal attention with respect to its queries, from registers alone. The twin of attentionQueryGradient.ts
 * for CPU adapters, with the same parameters, bindings and reference.
 */
import type { Kernel } from '../tensor/kernel.ts';
import { type AttentionQueryGradientParams, attentionQueryGradient } from './attentionQueryGradient.ts';
import { registerLibraries, registerShape, registerWorkgroups } from './attentionRegisters.ts';

/** Only where `fitsRegisters`. Bindings and result as `attentionQueryGradient`. */
export const attentionQueryGradientRegisters: Kernel<AttentionQueryGradientParams> = {
  ...attentionQueryGradient,
  name: 'attention_query_gradient_registers',
  sources: [...registerLibraries, 'nn/attention_query_gradient_registers'],
  constants: ({ width, accumulate }) => ({ width, accumulate: Number(accumulate) }),
  shape: (params) => registerShape(params, params.heads),
  workgroups: (params) => registerWorkgroups(params, params.heads),
};
