/**
 * The last linear layer and the row loss as one, for many classes: rows in chunks, each chunk's logits become their own
 * gradient in place, and logits of a whole batch never exist. What a whole batch has to know of its logits cannot go
 * through here, and is refused.
 */
import { type RowLossParams, rowStats } from '../kernels/rowLoss.ts';
import { rowLossInPlaceFor } from '../kernels/rowLossInPlace.ts';
import { StillroomError } from '../spec/errors.ts';
import { type Window, windowAlignment } from '../tensor/program.ts';
import type { Recorder } from './recorder.ts';
import { type Node, type NodeParts, sizeOf, type Tape, type Value } from './tape.ts';

export interface ChunkedHead {
  readonly node: Node;
  readonly parts: NodeParts;
  readonly input: Value;
  readonly chunkRows: number;
}

interface BatchWindows {
  readonly teacher: Window;
  readonly labels: Window;
  readonly flags: Window;
  readonly stats: Window;
}

/** Numbers of the logits that exist at once: 32 MiB. A batch that has no more of them is one chunk. */
const most = 2 ** 23;

/** Rows at a time for a batch of so many: all, or a multiple of 64, so that every window of them is aligned. */
export function chunkRowsOf(rows: number, classes: number): number {
  if (rows * classes <= most) return rows;
  return Math.max(1, Math.floor(most / classes / windowAlignment)) * windowAlignment;
}

/** The head of a model whose logits do not fit, or null: it follows from numbers of rows and classes alone. */
export function chunkedHead(
  { tape, logits, positions }: { readonly tape: Tape; readonly logits: Value; readonly positions: number },
  batch: number,
  asked?: number,
): ChunkedHead | null {
  const rows = batch * positions;
  const chunkRows = asked ?? chunkRowsOf(rows, sizeOf(logits) / positions);
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
  { rows, classes, terms }: RowLossParams,
  batch: BatchWindows,
): void {
  if (terms.includes(null)) throw needsBatch(rows, classes);
  const chunk = recorder.scratch(chunkRows * classes);
  const dx = recorder.needsGradient(input) ? recorder.contribute(input) : null;
  const part = (window: Window, first: number, count: number, width: number): Window => ({
    ...{ slot: window.slot, offset: window.offset + first * width, length: count * width },
  });
  for (let first = 0; first < rows; first += chunkRows) {
    const count = Math.min(chunkRows, rows - first);
    const results = { ...chunk, length: count * classes };
    parts.forward(recorder, { first, rows: count, results });
    recorder.emit(rowLossInPlaceFor(classes), { rows: count, classes, terms }, [
      results,
      part(batch.teacher, first, count, classes),
      part(batch.labels, first, count, 1),
      part(batch.flags, first, count, 1),
      part(batch.stats, first, count, rowStats),
    ]);
    parts.vjp(recorder, { first, rows: count, results }, dx);
  }
}

function needsBatch(rows: number, classes: number): StillroomError {
  return new StillroomError({
    code: 'loss-needs-batch',
    problem:
      'A loss compares classes over the whole batch, and these logits are only made some rows at a time',
    got: `${rows} rows of ${classes} classes`,
    wanted: `at most ${most} logits in a batch`,
    remedy: 'Choose a loss of single rows or a smaller batch',
    control: 'objective.terms',
  });
}
