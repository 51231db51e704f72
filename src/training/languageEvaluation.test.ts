import { describe, expect, test } from 'vitest';
import type { Split } from '../data/task.ts';
import { LanguageJudge } from './languageEvaluation.ts';

const classes = 3;
const characters = Uint8Array.of(0, 1, 2);

/** Two texts of two rows; the last row is padding. */
function splitOf(changes: Partial<Split> = {}): Split {
  return {
    n: 2,
    inputs: new Uint32Array(4),
    trueLabels: Uint32Array.of(1, 2, 2, 0),
    labels: Uint32Array.of(1, 2, 2, 0),
    labelled: new Uint8Array(4).fill(1),
    valid: Uint8Array.of(1, 1, 1, 0),
    sampleIndex: Uint32Array.of(0, 1),
    ...changes,
  };
}

const logs = (...rows: number[][]) => Float32Array.from(rows.flat(), (p) => Math.log(p));
const student = logs([0.2, 0.5, 0.3], [0.1, 0.1, 0.8], [0.25, 0.5, 0.25], [0.9, 0.05, 0.05]);
const teacher = logs([0.1, 0.8, 0.1], [0.2, 0.2, 0.6], [0.25, 0.25, 0.5], [0.1, 0.1, 0.8]);

function judged(split: Split, parts: readonly number[] = [4]): LanguageJudge {
  const judge = new LanguageJudge(classes, characters);
  let firstRow = 0;
  for (const rows of parts) {
    const of = (all: Float32Array) => all.subarray(firstRow * classes, (firstRow + rows) * classes);
    judge.add({ student: of(student), teacher: of(teacher), split, firstRow });
    firstRow += rows;
  }
  return judge;
}

describe('a language student', () => {
  const loss = -(Math.log(0.5) + Math.log(0.8) + Math.log(0.25)) / 3;

  test('is measured by the surprise of the tokens that come, and not by padding', () => {
    const { language, n, accuracy, agreement } = judged(splitOf()).evaluation(0.5, 2);
    expect(n).toBe(3);
    expect(language?.loss).toBeCloseTo(loss, 6);
    expect(language?.perplexity).toBeCloseTo(Math.exp(loss), 6);
    // The three tokens stand for 1 + 2 + 2 characters.
    expect(language?.bitsPerCharacter).toBeCloseTo((3 * loss) / Math.LN2 / 5, 6);
    expect(language?.teacherLoss).toBeCloseTo(-(Math.log(0.8) + Math.log(0.6) + Math.log(0.5)) / 3, 6);
    expect(language?.validationLoss).toBe(2);
    // Texts of two tokens and of one.
    expect([...(language?.texts?.tokens ?? [])]).toEqual([2, 1]);
    expect(language?.texts?.losses[1]).toBeCloseTo(-Math.log(0.25), 6);
    expect(accuracy).toBeCloseTo(2 / 3, 9);
    expect(agreement).toBeCloseTo(2 / 3, 9);
  });

  test('has both divergences and the gap of entropies as they are defined', () => {
    const rows = [0, 1, 2].map((row) => {
      const of = (all: Float32Array) => [...all.subarray(row * classes, (row + 1) * classes)].map(Math.exp);
      return { q: of(student), p: of(teacher) };
    });
    const mean = (of: (q: number, p: number) => number) =>
      rows.reduce((sum, { q, p }) => sum + q.reduce((s, qj, j) => s + of(qj, p[j] ?? 0), 0), 0) / rows.length;
    const found = judged(splitOf()).evaluation(0, 0);
    expect(found.divergence).toBeCloseTo(
      mean((q, p) => p * Math.log(p / q)),
      6,
    );
    expect(found.reverseDivergence).toBeCloseTo(
      mean((q, p) => q * Math.log(q / p)),
      6,
    );
    expect(found.entropyGap).toBeCloseTo(
      mean((q, p) => p * Math.log(p) - q * Math.log(q)),
      6,
    );
  });

  test('is measured alike whether its rows come at once or in runs', () => {
    expect(judged(splitOf(), [1, 2, 1]).evaluation(0, 0)).toEqual(judged(splitOf()).evaluation(0, 0));
  });

  test('has the floor of its tokens where the source is known, and none elsewhere', () => {
    const entropy = Float32Array.of(0.5, 0.25, 0, 9);
    expect(judged(splitOf({ entropy })).measures.floor).toBeCloseTo(0.25, 9);
    expect(judged(splitOf()).measures.floor).toBeNull();
  });

  test('has finite divergences from a teacher that excludes a token', () => {
    const judge = new LanguageJudge(classes, characters);
    const excluding = Float32Array.of(0, 0, Number.NEGATIVE_INFINITY);
    const split = splitOf({ n: 1, valid: Uint8Array.of(1), trueLabels: Uint32Array.of(0) });
    judge.add({ student: Float32Array.of(1, 0, 0), teacher: excluding, split, firstRow: 0 });
    expect(Number.isFinite(judge.evaluation(0, 0).divergence)).toBe(true);
  });
});
