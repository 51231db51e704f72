/**
 * Which form of attention and its gradients runs where. It depends on the adapter's kind and the width of a head, never on
 * the clock. The forms add in different orders, so that bits may differ between kinds of adapter.
 */
import type { Kernel } from '../tensor/kernel.ts';
import { type AttentionParams, attention } from './attention.ts';
import { type AttentionKeyGradientParams, attentionKeyGradient } from './attentionKeyGradient.ts';
import { attentionKeyGradientRegisters } from './attentionKeyGradientRegisters.ts';
import { type AttentionQueryGradientParams, attentionQueryGradient } from './attentionQueryGradient.ts';
import { attentionQueryGradientRegisters } from './attentionQueryGradientRegisters.ts';
import { attentionRegisters, fitsRegisters } from './attentionRegisters.ts';

interface AttentionForm {
  readonly attention: Kernel<AttentionParams>;
  readonly queryGradient: Kernel<AttentionQueryGradientParams>;
  readonly keyGradient: Kernel<AttentionKeyGradientParams>;
}

const fromWorkgroupMemory: AttentionForm = {
  attention,
  queryGradient: attentionQueryGradient,
  keyGradient: attentionKeyGradient,
};
const fromRegisters: AttentionForm = {
  attention: attentionRegisters,
  queryGradient: attentionQueryGradientRegisters,
  keyGradient: attentionKeyGradientRegisters,
};

/** Software adapters take registers where a head fits: docs/bench.md has their figures. A GPU takes workgroup memory. */
export function chooseAttention(software: boolean, heads: Pick<AttentionParams, 'width'>): AttentionForm {
  return software && fitsRegisters(heads) ? fromRegisters : fromWorkgroupMemory;
}
