/**
 * The last linear layer and the row loss as one, for many classes: rows in chunks, each chunk's logits become their own
 * gradient in place, and logits of a whole batch never exist. What a whole batch has to know of its logits cannot go
 * through here, and is refused.
 */
import { type ArmTerm, isRanked } from '../kernels/rankedTerms.ts';
import { rowStats } from '../kernels/rowLoss.ts';
import { rowLossInPlaceFor } from '../kernels/rowLossInPlace.ts';
import { rowAdapter } from '../kernels/rowLossWide.ts';
import { StillroomError } from '../spec/errors.ts';
import { type Window, windowAlignment } from '../tensor/program.ts';
import { emitLogitLosses } from './logitLosses.ts';
import type { Recorder } from './recorder.ts';
import { type Node, type NodeParts, sizeOf, type Tape, type Value } from './tape.ts';

export interface ChunkedHead {
  readonly node: Node;
  readonly parts: NodeParts;
  readonly input: Value;
  readonly chunkRows: number;
}

interface ChunkOptions {
  readonly batch: number;
  readonly software: boolean;
  /** Rows at a time; without it as `chunkRowsOf` says. */
  readonly chunkRows?: number;
}

interface LogitRows {
  readonly rows: number;
  readonly classes: number;
  readonly terms: readonly ArmTerm[];
}

interface BatchWindows {
  readonly teacher: Window;
  readonly labels: Window;
  readonly flags: Window;
  readonly stats: Window;
}

/**
 * Numbers of the logits that exist at once. A batch that has no more of them is one chunk. 32 MiB where a CPU plays the adapter; on a
 * GPU, which small chunks leave half idle, what every adapter binds.
 */
const most = { software: 2 ** 23, discrete: 2 ** 25 };
/**
 * A quarter of the rows, whose gradient takes their place, is an eighth of logits and gradient of all; and of that a quarter
 * is left to what lies beside them.
 */
const mostOfRows = 3 / 16;

/** Rows of the largest part of a product on a GPU. */
const tileRows = 128;

/** Rows at a time for a batch of so many: all, or a multiple of 64, so that every window of them is aligned. */
export function chunkRowsOf(rows: number, classes: number, software: boolean): number {
  const limit = software ? most.software : most.discrete;
  if (rows * classes <= limit) return rows;
  const affordable = Math.min(limit / classes, mostOfRows * rows);
  const step = software || affordable < tileRows ? windowAlignment : tileRows;
  return Math.max(1, Math.floor(affordable / step)) * step;
}

/** The head of a model whose logits do not fit, or null: it follows from numbers of rows and classes alone. */
export function chunkedHead(
  { tape, logits, positions }: { readonly tape: Tape; readonly logits: Value; readonly positions: number },
  { batch, software, chunkRows: asked }: ChunkOptions,
): ChunkedHead | null {
  const rows = batch * positions;
  const chunkRows = asked ?? chunkRowsOf(rows, sizeOf(logits) / positions, software);
  if (chunkRows >= rows) return null;
  const node = tape.nodes.find((one) => one.output.id === logits.id);
  const input = node?.inputs[0];
  if (node?.parts === undefined || input === undefined) return null;
  return { node, parts: node.parts, input, chunkRows };
}

/** Errors: `loss-needs-batch`. */
export function emitChunkedHead(
  recorder: Recorder,
  { parts, input, chunkRows }: ChunkedHead,
  { rows, classes, terms }: LogitRows,
  batch: BatchWindows,
): void {
  // Its columns are those of the whole batch.
  if (terms.includes('dist_intra')) throw needsBatch(rows, classes, recorder.software);
  const ofRowKernel = terms.flatMap((term) => (isRanked(term) ? [] : [term]));
  const chunk = recorder.scratch(chunkRows * classes);
  // Losses that come after the row loss ask for the logits again, so that these have to stay.
  const inPlace = ofRowKernel.length === terms.length;
  const apart = inPlace ? chunk : recorder.scratch(chunkRows * classes);
  const dx = recorder.needsGradient(input) ? recorder.contribute(input) : null;
  const part = (window: Window, first: number, count: number, width: number): Window => ({
    ...{ slot: window.slot, offset: window.offset + first * width, length: count * width },
  });
  for (let first = 0; first < rows; first += chunkRows) {
    const count = Math.min(chunkRows, rows - first);
    const results = { ...chunk, length: count * classes };
    parts.forward(recorder, { first, rows: count, results });
    const gradient = { ...apart, length: count * classes };
    const teacher = part(batch.teacher, first, count, classes);
    const labels = part(batch.labels, first, count, 1);
    const flags = part(batch.flags, first, count, 1);
    const stats = part(batch.stats, first, count, rowStats);
    if (inPlace) {
      const params = { rows: count, classes, terms: ofRowKernel, ...rowAdapter(recorder) };
      recorder.emit(rowLossInPlaceFor(params), params, [results, teacher, labels, flags, stats]);
    } else {
      const found = { logits: results, teacher, labels, flags, gradient, stats };
      emitLogitLosses(recorder, terms, { rows: count, classes, allRows: rows, first, ...found });
    }
    parts.vjp(recorder, { first, rows: count, results: gradient }, dx);
  }
}

function needsBatch(rows: number, classes: number, software: boolean): StillroomError {
  const limit = software ? most.software : most.discrete;
  return new StillroomError({
    code: 'loss-needs-batch',
    problem:
      'A loss compares classes over the whole batch, and these logits are only made some rows at a time',
    got: `${rows} rows of ${classes} classes`,
    wanted: `at most ${limit} logits in a batch`,
    remedy: 'Choose a loss of single rows or a smaller batch',
    control: 'objective.terms',
  });
}
