/**
 * What a graph over tokens needs beside its layers: positions, which keys a query may see, and the cache of keys and
 * values. Names and shapes are those of Hugging Face's exports of causal models. Standard operators only.
 */
import type { OnnxKeys, OnnxSequence } from '../ops/tape.ts';
import type { OnnxBuilder } from '../tensor/onnxGraph.ts';

export interface StudentSequence extends OnnxSequence {
  /** Outputs come in the order in which they are declared: the cache after the logits. */
  declarePresent(): void;
}

export function onnxSequence(builder: OnnxBuilder, tokens: string, cache: boolean): StudentSequence {
  const scalar = (name: string, value: number) =>
    builder.initialiser(name, [], BigInt64Array.of(BigInt(value)));
  const [zero, one] = [scalar('zero', 0), scalar('one1', 1)];
  const sizeOf = (value: string, axis: number) =>
    builder.node('Gather', [builder.node('Shape', [value]), scalar(`dimension${axis}`, axis)], { axis: 0 });
  const length = sizeOf(tokens, 1);
  const positions = cache
    ? builder.input('position_ids', ['N', 'S'], 'int64')
    : builder.node('Range', [zero, length, one]);
  let seen: string | null = null;
  const present: (OnnxKeys & { readonly layer: number })[] = [];

  /** Key j is seen by the query at P + i where j ≤ P + i. */
  const mask = (past: string | null): string => {
    const before = past === null ? zero : sizeOf(past, 2);
    const end = past === null ? length : builder.node('Add', [before, length]);
    const queries = builder.node('Range', [before, end, one]);
    const column = builder.node('Unsqueeze', [queries, builder.constantI64('axis1', [1])]);
    return builder.node('LessOrEqual', [builder.node('Range', [zero, end, one]), column]);
  };

  return {
    positions,
    extend(layer, own) {
      if (!cache) {
        seen ??= mask(null);
        return { ...own, seen };
      }
      const shape = ['N', own.heads, 'P', own.width];
      const [pastKeys, pastValues] = (['key', 'value'] as const).map((what) =>
        builder.input(`past_key_values.${layer}.${what}`, shape),
      );
      const after = (past: string | undefined, now: string) =>
        builder.node('Concat', [past ?? '', now], { axis: 2 });
      const all = { ...own, keys: after(pastKeys, own.keys), values: after(pastValues, own.values) };
      present.push({ ...all, layer });
      seen ??= mask(pastKeys ?? null);
      return { ...all, seen };
    },
    declarePresent() {
      for (const { layer, keys, values, heads, width } of present) {
        const shape = ['N', heads, 'P + S', width];
        builder.output(keys, `present.${layer}.key`, shape);
        builder.output(values, `present.${layer}.value`, shape);
      }
    },
  };
}
