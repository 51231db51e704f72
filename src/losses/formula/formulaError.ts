/**
 * What is wrong with a formula, and where: offset and length in its text, line and column from 1. It knows nothing of
 * specifications; whoever reads one turns it into the error of a setting.
 */

/** A stretch of the formula's text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export class FormulaError extends Error {
  /** What to do, as an imperative sentence without a full stop. */
  readonly remedy: string;
  readonly span: Span;

  constructor(problem: string, remedy: string, span: Span) {
    super(problem);
    this.name = 'FormulaError';
    this.remedy = remedy;
    this.span = span;
  }
}

export interface Position {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** Characters that are meant, on that line. */
  readonly length: number;
}

export function positionOf(text: string, { start, end }: Span): Position {
  const from = Math.min(start, text.length);
  const lines = text.slice(0, from).split('\n');
  const rest = text.slice(from, Math.max(from, end)).split('\n')[0] ?? '';
  return { line: lines.length, column: (lines.at(-1) ?? '').length + 1, length: Math.max(1, rest.length) };
}
