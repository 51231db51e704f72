/**
 * The losses on some rows of logits as kernel calls: the row kernel, then each loss that it cannot compute. What several
 * of those need, orders and a sparse teacher, is made once.
 */
import { adaptiveKl } from '../kernels/adaptiveKl.ts';
import { columnCorrelation, columnWidth } from '../kernels/columnCorrelation.ts';
import { distIntra } from '../kernels/distIntra.ts';
import { type ArmTerm, isRanked, naiveTail, type RankedTerm, sparseMode } from '../kernels/rankedTerms.ts';
import { rankPairs } from '../kernels/rankPairs.ts';
import { rowAdapter, rowLossFor } from '../kernels/rowLossWide.ts';
import { sampledKl } from '../kernels/sampledKl.ts';
import { softmaxRows } from '../kernels/softmaxRows.ts';
import { sortedL1 } from '../kernels/sortedL1.ts';
import { sortRows } from '../kernels/sortRows.ts';
import { sparseKl } from '../kernels/sparseKl.ts';
import { mostChosen, topK } from '../kernels/topK.ts';
import type { Window } from '../tensor/program.ts';
import type { Recorder } from './recorder.ts';

/** Logits, teacher and gradient [rows, classes]; labels and flags [rows]; stats [rows, 16]. */
interface RowWindows {
  readonly rows: number;
  /** Rows of the whole batch, and which of them is the first here. */
  readonly allRows: number;
  readonly first: number;
  readonly classes: number;
  readonly logits: Window;
  readonly teacher: Window;
  readonly labels: Window;
  readonly flags: Window;
  readonly gradient: Window;
  readonly stats: Window;
}

export function emitLogitLosses(recorder: Recorder, terms: readonly ArmTerm[], batch: RowWindows): void {
  const { rows, classes, logits, teacher, labels, flags, gradient, stats } = batch;
  // A slot that another kernel fills is empty in the row kernel.
  const ofRowKernel = terms.map((term) => (isRanked(term) ? null : term));
  const params = { rows, classes, terms: ofRowKernel, ...rowAdapter(recorder) };
  recorder.emit(rowLossFor(params), params, [logits, teacher, labels, flags, gradient, stats]);
  const made = new Map<string, readonly Window[]>();
  const once = (name: string, make: () => readonly Window[]): readonly Window[] => {
    const known = made.get(name) ?? make();
    made.set(name, known);
    return known;
  };
  terms.forEach((term, slot) => {
    if (isRanked(term)) emit(recorder, term, slot, batch, once);
  });
}

type Once = (name: string, make: () => readonly Window[]) => readonly Window[];

function emit(recorder: Recorder, id: RankedTerm, slot: number, batch: RowWindows, once: Once): void {
  const { rows, classes, logits, teacher, flags, gradient, stats } = batch;
  const params = { rows, classes, slot };
  const results = [flags, gradient, stats];
  const order = (of: 'logits' | 'teacher'): readonly Window[] =>
    once(`order of ${of}`, () => {
      const made = recorder.scratch(rows * classes);
      recorder.emit(sortRows, { rows, n: classes }, [batch[of], made]);
      return [made];
    });
  const width = Math.min(mostChosen, classes);
  /** Ids, log-probabilities and tail. */
  const sparse = (): readonly Window[] =>
    once('sparse teacher', () => {
      const made = [rows * width, rows * width, rows].map((length) => recorder.scratch(length));
      recorder.emit(topK, { rows, classes, k: width }, [teacher, ...made]);
      return made;
    });
  const mode = sparseMode(id);
  if (mode !== undefined) {
    const of = { ...params, mode, width, stored: null, naiveTail: id === naiveTail };
    recorder.emit(sparseKl, of, [logits, ...sparse(), ...results]);
    return;
  }
  switch (id) {
    case 'adaptive_kl':
      recorder.emit(adaptiveKl, params, [logits, teacher, ...order('teacher'), ...results]);
      return;
    case 'sorted_l1':
      recorder.emit(sortedL1, { ...params, teacherClasses: classes }, [
        logits,
        teacher,
        ...order('logits'),
        ...order('teacher'),
        ...results,
      ]);
      return;
    case 'hinge':
    case 'logistic_rank':
      recorder.emit(rankPairs, { ...params, kind: id, width }, [logits, ...sparse().slice(0, 2), ...results]);
      return;
    case 'sampled_reverse_kl':
      recorder.emit(sampledKl, { ...params, allRows: batch.allRows, first: batch.first }, [
        logits,
        teacher,
        ...results,
        recorder.scratch(rows),
      ]);
      return;
    case 'dist_intra':
      emitDistIntra(recorder, params, batch);
  }
}

function emitDistIntra(
  recorder: Recorder,
  params: { readonly rows: number; readonly classes: number; readonly slot: number },
  { logits, teacher, flags, gradient, stats }: RowWindows,
): void {
  const { rows, classes } = params;
  const [q, p] = [recorder.scratch(rows * classes), recorder.scratch(rows * classes)];
  const columns = recorder.scratch(classes * columnWidth);
  recorder.emit(softmaxRows, { rows, classes }, [logits, teacher, flags, q, p]);
  recorder.emit(columnCorrelation, { rows, classes }, [q, p, flags, columns]);
  recorder.emit(distIntra, params, [q, p, columns, flags, gradient, stats]);
}
