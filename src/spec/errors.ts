/**
 * The one error shape of the project: what was wrong, what was got, what was wanted, what to do.
 * It knows nothing of screens; `control` names the setting that mends it, and the page finds the control.
 */

export interface ErrorDetail {
  /** Stable, kebab-case, never reused: `idx-magic`, `teacher-nan`, … */
  readonly code: string;
  /** What was wrong, as a sentence without a full stop. */
  readonly problem: string;
  readonly got?: string;
  readonly wanted?: string;
  /** One thing to do, as an imperative sentence without a full stop. */
  readonly remedy?: string;
  /** Path of the setting or control that mends it: `teacher.file`, `data.scale.mean`, … */
  readonly control?: string;
  /** Where in the control's text, from 1. */
  readonly position?: { readonly line: number; readonly column: number; readonly length: number };
}

export class StillroomError extends Error {
  readonly detail: ErrorDetail;

  constructor(detail: ErrorDetail, options?: ErrorOptions) {
    super(sentence(detail), options);
    this.name = 'StillroomError';
    this.detail = detail;
  }

  get code(): string {
    return this.detail.code;
  }
}

/** The detail as one readable line: `Problem: got …, wanted …. Remedy.` */
export function sentence(detail: ErrorDetail): string {
  const facts = [
    detail.got === undefined ? '' : `got ${detail.got}`,
    detail.wanted === undefined ? '' : `wanted ${detail.wanted}`,
  ].filter((part) => part !== '');
  const head = facts.length === 0 ? detail.problem : `${detail.problem}: ${facts.join(', ')}`;
  return detail.remedy === undefined ? `${head}.` : `${head}. ${detail.remedy}.`;
}

/** Whatever was thrown, as a detail that can be shown and sent between threads. */
export function detailOf(error: unknown): ErrorDetail {
  if (error instanceof StillroomError) return error.detail;
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'unexpected', problem: message };
}
