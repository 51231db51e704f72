/** From a language model and texts of the user's, as the engine read them, to the specification of a run. Pure. */
import type { FileInspection } from '../protocol/events.ts';
import type { HubModel } from '../protocol/hub.ts';
import { parseRunSpec, type RunSpec } from '../spec/runSpec.ts';
import { ownTeachers } from './ownTeachers.ts';

/** Where the model comes from: the hub, or files. */
export type LanguageSource = HubModel | null;

/** Numbers in the logits of one batch, and in those of the held-out texts: what a laptop's GPU and memory bear. */
const budget = { batch: 2 ** 22, heldOut: 2 ** 24 } as const;
const largestBatch = 16;
const mostTexts = 4_000;

/** Small beside any teacher, and in its words. */
const student = {
  ...{ kind: 'transformer', layers: 2, width: 64, heads: 4, kvHeads: 4, norm: 'rms' },
  ...{ positions: 'rotary', mlp: 'swiglu', tied: true, dropout: 0 },
} as const;

/** Null while a file or the size of the vocabulary is missing, or the text is too short. Errors: `spec-invalid`. */
export function languageSpec(
  draft: RunSpec,
  found: FileInspection,
  source: LanguageSource,
  length: number,
): RunSpec | null {
  const { teacher, text } = found;
  const vocabulary = teacher?.language?.vocabulary ?? null;
  const samples = text?.samples.find((one) => one.length === length)?.count ?? 0;
  const shares = sharesOf(samples, length * (vocabulary ?? 1));
  if (teacher === null || vocabulary === null || shares === null) return null;
  const batch = Math.max(1, Math.min(largestBatch, Math.floor(budget.batch / (length * vocabulary))));
  const logits = teacher.logits[0]?.name ?? 'logits';
  const tensors = { input: teacher.inputs[0]?.name ?? 'input_ids', logits };
  return parseRunSpec({
    ...structuredClone(draft),
    name: 'A language model',
    data: {
      ...{ task: 'text', fingerprint: found.fingerprint, tokenizer: 'teacher', column: 'text', length },
      ...{ ...shares, labelled: 'all', leaveOut: [], labelNoise: 0, dataSeed: draft.data.dataSeed },
    },
    teacher:
      source === null
        ? ownTeachers([teacher, ...(found.more ?? [])], tensors, 'live')
        : { source: 'hub', ...source, ...tensors, delivery: 'live', provider: 'auto' },
    student,
    objective: { ...draft.objective, temperature: 1, hidden: null },
    optimiser: { ...draft.optimiser, kind: 'adamw', learningRate: 3e-3 },
    training: { steps: 1_000, batch, accumulate: 1, evaluateEvery: 50 },
    arms: [{ kind: 'labels' }, { kind: 'distilled' }],
    events: [],
  });
}

/** Held out is what can be judged, at most a tenth; null where nothing would be left. */
function sharesOf(samples: number, logits: number) {
  const held = Math.max(1, Math.min(Math.floor(samples / 20), Math.floor(budget.heldOut / logits)));
  const transfer = Math.min(mostTexts, samples - 2 * held);
  return transfer < 1 ? null : { transfer, validation: held, test: held };
}
