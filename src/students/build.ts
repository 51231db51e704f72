/**
 * From a specification to a student on a tape: the architecture, and the projections that compare its hidden states
 * with the teacher's. One function an architecture; this file only chooses.
 */
import { type AttentionPair, checkAttentionPair } from '../ops/attentionLosses.ts';
import type { Model } from '../ops/compile.ts';
import { type HiddenPair, needsProjection } from '../ops/hiddenLosses.ts';
import { linear } from '../ops/linear.ts';
import { Tape, type Value } from '../ops/tape.ts';
import { StillroomError } from '../spec/errors.ts';
import type { HiddenSpec, StudentSpec } from '../spec/runSpec.ts';
import type { Dtype } from '../tensor/kernel.ts';
import type { Initialiser } from '../tensor/parameters.ts';
import { causalConv } from './causalConv.ts';
import { cnn } from './cnn.ts';
import { mlp } from './mlp.ts';
import type { Student } from './student.ts';
import { transformer } from './transformer.ts';

export interface ModelOptions {
  readonly inputShape: readonly number[];
  readonly inputDtype: Dtype;
  /** Rows with a loss in one sample. */
  readonly positions: number;
  readonly classes: number;
  /** Largest tensor, in elements. */
  readonly maxElements: number;
  /** Hidden states to be compared, and the teacher's width for each pair. */
  readonly hidden: { readonly spec: HiddenSpec; readonly widths: readonly number[] } | null;
}

/**
 * Errors: `student-text`, `student-image`, `student-pooled-away`, `hidden-layer-missing`, `parameter-too-large`, and
 * `attention-none` and `attention-heads-taught` of losses on attention.
 */
export function buildModel(spec: StudentSpec, options: ModelOptions): Model {
  checkInput(spec, options.inputDtype);
  const tape = new Tape(options.maxElements);
  const input = tape.value(options.inputShape);
  const student = build(tape, input, spec, options.classes);
  const pairs = options.hidden === null ? [] : projections(tape, student, options.hidden);
  const hidden = { pairs, balance: options.hidden?.spec.balance ?? false };
  const { inputDtype, positions } = options;
  return { tape, input, inputDtype, positions, logits: student.logits, layers: student.hidden, hidden };
}

function build(tape: Tape, input: Value, spec: StudentSpec, classes: number): Student {
  switch (spec.kind) {
    case 'mlp':
      return mlp(tape, input, spec, classes);
    case 'cnn':
      return cnn(tape, input, spec, classes);
    case 'transformer':
      return transformer(tape, input, spec, classes);
    case 'causal_conv':
      return causalConv(tape, input, spec, classes);
  }
}

/** Students of text read tokens, the others numbers. */
function checkInput({ kind }: StudentSpec, dtype: Dtype): void {
  const readsTokens = kind === 'transformer' || kind === 'causal_conv';
  if (readsTokens === (dtype === 'u32')) return;
  throw new StillroomError({
    code: 'student-text',
    problem: readsTokens ? 'This student reads text' : 'This student cannot read text',
    got: dtype === 'u32' ? 'tokens' : 'numbers',
    wanted: readsTokens ? 'a task whose samples are tokens' : 'a task whose samples are numbers',
    remedy: readsTokens
      ? 'Choose the mlp or the cnn student'
      : 'Choose the transformer or the causal_conv student',
    control: 'student.kind',
  });
}

/** How projections begin; undefined is the layer's own rule (Glorot and Bengio 2010). */
const firstProjections: Readonly<Record<NonNullable<HiddenSpec['projection']>, Initialiser | undefined>> = {
  xavier: undefined,
  normal: { kind: 'normal', deviation: 0.02 },
  identity: { kind: 'identity' },
};

/**
 * The chosen hidden states: where the loss needs the teacher's width, behind a learned linear map that is trained and
 * then dropped.
 */
function projections(
  tape: Tape,
  student: Student,
  hidden: NonNullable<ModelOptions['hidden']>,
): readonly (HiddenPair | AttentionPair)[] {
  const { spec, widths } = hidden;
  return spec.pairs.map((pair, i) => {
    const loss = pair.loss ?? spec.loss;
    const state = student.hidden[pair.student];
    if (state === undefined) {
      throw new StillroomError({
        code: 'hidden-layer-missing',
        problem: 'The student has no such hidden layer',
        got: `layer ${pair.student}`,
        wanted: `0 to ${student.hidden.length - 1}`,
        remedy: 'Choose another layer or a deeper student',
        control: 'objective.hidden',
      });
    }
    const teacherSize = widths[i] ?? 1;
    if (loss === 'attention_kl' || loss === 'value_relation_kl')
      return attentionPair(student, loss, pair.student, teacherSize);
    if (!needsProjection(loss)) return { state, teacherSize, loss };
    const kind = spec.projection ?? 'xavier';
    const projected = linear(tape, state, {
      outputs: teacherSize,
      activation: 'none',
      bias: kind === 'normal',
      name: `projection${i}`,
      exported: false,
      initialiser: firstProjections[kind],
    });
    return { state: projected, teacherSize, loss };
  });
}

/** Errors: `attention-none`, `attention-heads-taught`. */
function attentionPair(
  { attention }: Student,
  loss: AttentionPair['loss'],
  layer: number,
  teacherSize: number,
): AttentionPair {
  const operands = attention?.layers[layer];
  if (attention === undefined || operands === undefined) {
    throw new StillroomError({
      code: 'attention-none',
      problem: 'This loss compares attention, and the student has none',
      wanted: 'a transformer',
      remedy: 'Choose the transformer student, or another distance of hidden states',
      control: 'objective.hidden.loss',
    });
  }
  const pair = { loss, operands, heads: attention.heads, teacherSize };
  checkAttentionPair(pair);
  return pair;
}
