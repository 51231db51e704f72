/**
 * From logits that arrived to distributions at the temperature someone looks at: for the hero, the strips, the
 * boundaries and the read-outs of softness. Looking only: nothing here is trained or sent to an engine.
 */
import { softmax } from '../losses/distribution.ts';
import type { Probe, RunFacts } from '../protocol/events.ts';
import type { RunLog } from './runLog.ts';
import type { Drawn } from './state.ts';

/** One input as every model sees it, at the view temperature. */
export interface Scene {
  readonly input: ArrayLike<number>;
  /** Null for an input drawn by hand. */
  readonly label: number | null;
  /** Null where the teacher has not answered. */
  readonly teacher: ArrayLike<number> | null;
  /** Per arm; empty before the first picture. */
  readonly arms: readonly ArrayLike<number>[];
  /** The class each arm answers, with the offset of left-out classes added. */
  readonly answers: readonly number[];
  readonly teacherAnswer: number | null;
  /** exp of the entropy of the teacher's distribution here: over how many classes it spreads. */
  readonly softness: number | null;
}

export function samplesProbe(facts: RunFacts): { readonly probe: Probe; readonly index: number } | null {
  const index = facts.probes.findIndex((probe) => probe.kind === 'samples');
  const probe = facts.probes[index];
  return probe === undefined ? null : { probe, index };
}

export function gridProbe(facts: RunFacts): { readonly probe: Probe; readonly index: number } | null {
  const index = facts.probes.findIndex((probe) => probe.kind === 'grid');
  const probe = facts.probes[index];
  return probe === undefined ? null : { probe, index };
}

/** What every model says to one input, before any temperature. */
export interface Logits {
  /** Null for an input drawn by hand. */
  readonly label: number | null;
  /** Null where the teacher has not answered. */
  readonly teacher: Float32Array | null;
  readonly arms: readonly Float32Array[];
}

/** The logits behind a scene; null where there is no sample to look at. */
export function logitsOf(facts: RunFacts, log: RunLog, sample: number, drawn: Drawn | null): Logits | null {
  if (drawn !== null) return { label: null, teacher: drawn.teacher, arms: drawn.arms };
  const found = samplesProbe(facts);
  if (found === null) return null;
  const classes = facts.classNames.length;
  const row = Math.min(sample, found.probe.labels.length - 1);
  return {
    label: found.probe.labels[row] ?? null,
    teacher: rowOf(found.probe.teacher, row, classes),
    arms: (log.pictures?.logits[found.index] ?? []).map((arm) => rowOf(arm, row, classes)),
  };
}

export function sceneOf(
  facts: RunFacts,
  log: RunLog,
  sample: number,
  temperature: number,
  offset: number,
): Scene | null {
  const found = samplesProbe(facts);
  const logits = logitsOf(facts, log, sample, null);
  if (found === null || logits === null) return null;
  const size = facts.inputShape.reduce((product, length) => product * length, 1);
  const row = Math.min(sample, found.probe.labels.length - 1);
  const input = found.probe.inputs.subarray(row * size, (row + 1) * size);
  return assemble(facts, input, logits.label, logits.teacher, logits.arms, temperature, offset);
}

export function drawnScene(facts: RunFacts, drawn: Drawn, temperature: number, offset: number): Scene {
  return assemble(facts, drawn.input, null, drawn.teacher, drawn.arms, temperature, offset);
}

function assemble(
  facts: RunFacts,
  input: ArrayLike<number>,
  label: number | null,
  teacher: Float32Array | null,
  arms: readonly Float32Array[],
  temperature: number,
  offset: number,
): Scene {
  const soft = teacher === null ? null : softmax(teacher, temperature);
  return {
    input,
    label,
    teacher: soft,
    arms: arms.map((logits) => softmax(logits, temperature)),
    answers: arms.map((logits) => answer(logits, facts.spec.data.leaveOut, offset)),
    teacherAnswer: teacher === null ? null : answer(teacher, [], 0),
    softness: soft === null ? null : Math.exp(entropy(soft)),
  };
}

/** exp of the mean entropy over the samples that are looked at; null where there are none. */
export function softnessAt(facts: RunFacts, temperature: number): number | null {
  const probe = (samplesProbe(facts) ?? gridProbe(facts))?.probe;
  if (probe === undefined) return null;
  const classes = facts.classNames.length;
  const rows = Math.floor(probe.teacher.length / classes);
  // A grid has thousands of rows; a few hundred of them say as much.
  const stride = Math.max(1, Math.floor(rows / 256));
  let [sum, seen] = [0, 0];
  for (let row = 0; row < rows; row += stride) {
    sum += entropy(softmax(rowOf(probe.teacher, row, classes), temperature));
    seen += 1;
  }
  return seen === 0 ? null : Math.exp(sum / seen);
}

export interface StripMark {
  readonly row: number;
  readonly label: number;
  readonly answer: number;
}

/** Rows of the strip: ten of the class the run is about, else the first ten. */
export function stripRows(facts: RunFacts, label: number | null): readonly number[] {
  const probe = samplesProbe(facts)?.probe;
  if (probe === undefined) return [];
  const rows = Array.from(probe.labels, (_, row) => row);
  const wanted = label === null ? [] : rows.filter((row) => probe.labels[row] === label);
  return (wanted.length > 0 ? wanted : rows).slice(0, 10);
}

export function stripMarks(
  facts: RunFacts,
  log: RunLog,
  arm: number,
  rows: readonly number[],
  offset: number,
): readonly StripMark[] {
  const found = samplesProbe(facts);
  const logits = found === null ? undefined : log.pictures?.logits[found.index]?.[arm];
  if (found === null || logits === undefined) return [];
  const classes = facts.classNames.length;
  return rows.map((row) => ({
    row,
    label: found.probe.labels[row] ?? 0,
    answer: answer(rowOf(logits, row, classes), facts.spec.data.leaveOut, offset),
  }));
}

export function answer(logits: ArrayLike<number>, leaveOut: readonly number[], offset: number): number {
  let best = 0;
  let top = Number.NEGATIVE_INFINITY;
  for (let c = 0; c < logits.length; c++) {
    const value = (logits[c] ?? Number.NEGATIVE_INFINITY) + (leaveOut.includes(c) ? offset : 0);
    if (value > top) [best, top] = [c, value];
  }
  return best;
}

function rowOf(values: Float32Array, row: number, width: number): Float32Array {
  return values.subarray(row * width, (row + 1) * width);
}

/** In nats; 0·log 0 is 0. */
function entropy(p: ArrayLike<number>): number {
  let sum = 0;
  for (let c = 0; c < p.length; c++) {
    const value = p[c] ?? 0;
    if (value > 0) sum -= value * Math.log(value);
  }
  return sum;
}
