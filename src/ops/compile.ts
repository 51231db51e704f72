/**
 * From a tape to Programs: `evaluate` (forward, no dropout) and `gradient` (forward, loss, backward). Slots that stay
 * outside of the planned slabs are named here, once.
 */
import type { ArmTerm } from '../kernels/rankedTerms.ts';
import type { Dtype } from '../tensor/kernel.ts';
import { slotName } from '../tensor/parameters.ts';
import { type Planned, plan } from '../tensor/plan.ts';
import { aligned, type Slot, type Window } from '../tensor/program.ts';
import { type ChunkedHead, chunkedHead, emitChunkedHead } from './chunkedHead.ts';
import { emitHiddenLosses, type HiddenLosses, hiddenSlot } from './hiddenLosses.ts';
import { emitLogitLosses } from './logitLosses.ts';
import { Recorder } from './recorder.ts';
import { sizeOf, type Tape, type Value } from './tape.ts';

export interface Model {
  readonly tape: Tape;
  /** Features as float32, or [positions] tokens as u32. */
  readonly input: Value;
  readonly inputDtype: Dtype;
  /** Rows with a loss in one sample: 1 for classifiers, one a token for language. */
  readonly positions: number;
  /** (classes), or (positions, classes). */
  readonly logits: Value;
  /** Hidden states in order of depth. */
  readonly layers: readonly Value[];
  readonly hidden: HiddenLosses;
}

export interface CompileOptions {
  readonly batch: number;
  readonly software: boolean;
  /** As the adapter has it; 0 unless told. */
  readonly subgroup?: number;
  /** As the adapter has it; 256 unless told. */
  readonly workgroup?: number;
}

export interface GradientOptions extends CompileOptions {
  readonly accumulate: boolean;
  /** Rows of logits at a time, a multiple of 64; without it as `chunkRowsOf` says. */
  readonly chunkRows?: number;
}

/** Numbers of loss statistics a row: `stats` is (batch × positions, statsWidth). */
export const statsWidth = 16;

/** Classes that each row of logits tells apart. */
export function classesOf({ logits, positions }: Pick<Model, 'logits' | 'positions'>): number {
  return sizeOf(logits) / positions;
}

/** Slots: `input`, `logits`, `parameters.*`. */
export function compileEvaluate(model: Model, options: CompileOptions): Planned {
  const { tape, input, logits } = model;
  const fixed = new Map([
    [tape.root(input), 'input'],
    [tape.root(logits), 'logits'],
  ]);
  const recorder = new Recorder(tape, { ...options, training: false, accumulate: false, fixed });
  const wanted = ancestors(model);
  for (const node of tape.nodes) if (wanted.has(node.output.id)) node.forward(recorder);
  return plan('evaluate', recorder.calls, recorder.tensors, [
    ...batchSlots(model, options.batch, ['input', 'logits']),
    ...parameterSlots(tape, false),
  ]);
}

/**
 * Slots: `input`, `teacher`, `labels`, `flags`, `stats`, `teacher.hidden.*`, `parameters.*`, `gradients.*`. With
 * `accumulate` the gradients are added to what the buffers hold.
 */
export function compileGradient(model: Model, terms: readonly ArmTerm[], options: GradientOptions): Planned {
  const { tape, input, logits } = model;
  const fixed = new Map([[tape.root(input), 'input']]);
  const recorder = new Recorder(tape, { ...options, training: true, fixed });
  const head = chunkedHead(model, options);
  for (const node of tape.nodes) if (node !== head?.node) node.forward(recorder);
  emitLosses(recorder, model, terms, head);
  for (const node of [...tape.nodes].reverse()) if (recorder.hasGradient(node.output)) node.vjp(recorder);
  const names = ['input', 'teacher', 'labels', 'flags', 'stats'] as const;
  const hidden = model.hidden.pairs.map(
    (pair, i): Slot => ({
      ...{ name: hiddenSlot(i), dtype: 'f32' },
      length: options.batch * model.positions * pair.teacherSize,
    }),
  );
  return plan(options.accumulate ? 'gradient (adding)' : 'gradient', recorder.calls, recorder.tensors, [
    ...batchSlots({ ...model, logits }, options.batch, names),
    ...hidden,
    ...parameterSlots(tape, true),
  ]);
}

/** The losses of the logits, and of hidden states, with their gradients. */
export function emitLosses(
  recorder: Recorder,
  model: Model,
  terms: readonly ArmTerm[],
  head: ChunkedHead | null = null,
): void {
  const rows = recorder.batch * model.positions;
  const classes = classesOf(model);
  const slot = (name: string, length: number): Window => ({ slot: name, offset: 0, length });
  const flags = slot('flags', rows);
  const stats = slot('stats', rows * statsWidth);
  const [teacher, labels] = [slot('teacher', rows * classes), slot('labels', rows)];
  if (head !== null) {
    emitChunkedHead(recorder, head, { rows, classes, terms }, { teacher, labels, flags, stats });
  } else {
    const gradient = recorder.contribute(model.logits).window;
    const logits = recorder.value(model.logits);
    const all = { rows, classes, allRows: rows, first: 0, logits, teacher, labels, flags, gradient, stats };
    emitLogitLosses(recorder, terms, all);
  }
  emitHiddenLosses(recorder, model.hidden, { positions: model.positions, flags, stats });
}

/** Ids of the values that the logits depend on. */
export function ancestors(model: Model): ReadonlySet<number> {
  const wantedRoots = new Set([model.tape.root(model.logits)]);
  const found = new Set<number>();
  for (const node of [...model.tape.nodes].reverse()) {
    if (!wantedRoots.has(model.tape.root(node.output))) continue;
    found.add(node.output.id);
    for (const value of node.inputs) wantedRoots.add(model.tape.root(value));
  }
  return found;
}

type BatchSlot = 'input' | 'logits' | 'teacher' | 'labels' | 'flags' | 'stats';

function batchSlots(model: Model, batch: number, names: readonly BatchSlot[]): Slot[] {
  const rows = batch * model.positions;
  const logits = batch * sizeOf(model.logits);
  const all: Readonly<Record<BatchSlot, Slot>> = {
    input: { name: 'input', dtype: model.inputDtype, length: batch * sizeOf(model.input) },
    logits: { name: 'logits', dtype: 'f32', length: logits },
    teacher: { name: 'teacher', dtype: 'f32', length: logits },
    labels: { name: 'labels', dtype: 'u32', length: rows },
    flags: { name: 'flags', dtype: 'u32', length: rows },
    stats: { name: 'stats', dtype: 'f32', length: rows * statsWidth },
  };
  return names.map((name) => all[name]);
}

export function parameterSlots(tape: Tape, withGradients: boolean): Slot[] {
  const buffers = withGradients ? (['parameters', 'gradients'] as const) : (['parameters'] as const);
  return buffers.flatMap((buffer) =>
    tape.table.segments.map((length, segment) => ({
      name: slotName(buffer, segment),
      dtype: 'f32' as const,
      length: aligned(Math.max(1, length)),
    })),
  );
}
