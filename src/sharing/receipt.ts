/** run.json, the receipt: everything needed to run a run again and to tell whether it came out the same. */
import type { Evaluation, LanguageMeasures } from '../protocol/events.ts';
import type { RunSpec } from '../spec/runSpec.ts';

export interface Receipt {
  readonly format: 1;
  readonly spec: RunSpec;
  readonly step: number;
  readonly adapter: { readonly name: string; readonly executor: 'gpu' | 'reference' };
  /** Of the app and of what computes: name to version. */
  readonly versions: Readonly<Record<string, string>>;
  readonly hashes: {
    readonly data: string;
    readonly teacher: string;
    /** SHA-256 of each arm's exported weights, in table order, float32 little-endian. */
    readonly weights: readonly string[];
  };
  readonly final: readonly ReceiptArm[];
  readonly command: string | null;
}

export type ReceiptArm = { readonly arm: string; readonly language?: LanguageMeasures } & Omit<
  Evaluation,
  'correct' | 'confusion' | 'watched' | 'language'
>;

/** A final evaluation, over all test rows, without what is only for drawing and for comparing row by row or text by text. */
export function receiptArm(arm: string, evaluation: Evaluation): ReceiptArm {
  const { correct: _correct, confusion: _confusion, watched: _watched, language, ...measures } = evaluation;
  if (language === undefined) return { arm, ...measures };
  const { texts: _texts, ...told } = language;
  return { arm, ...measures, language: told };
}

export function receiptJson(receipt: Receipt): string {
  return `${JSON.stringify(receipt, null, 2)}\n`;
}
