/** What every architecture returns. */
import type { AttentionHeads, AttentionOperands } from '../ops/attention.ts';
import type { Value } from '../ops/tape.ts';

/** Logits, and the hidden states in order of depth. */
export interface Student {
  readonly logits: Value;
  readonly hidden: readonly Value[];
  /** Queries, keys and values of each layer, rotary positions applied, where there is attention. */
  readonly attention?: { readonly heads: AttentionHeads; readonly layers: readonly AttentionOperands[] };
}
