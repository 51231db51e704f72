/** What the catalogue says of a loss. The words are in the catalogue files, one a family; nothing is computed here. */
import type { RankedId } from '../kernels/rankedTerms.ts';
import type { TermId } from '../kernels/rowTerms.ts';
import { type ParameterName, termParameter } from '../spec/terms.ts';

export type Need = 'labels' | 'teacherLogits' | 'teacherHidden' | 'attention';

export interface LossParameter {
  /** Its name in a term of a run's specification. */
  readonly name: ParameterName;
  readonly symbol: string;
  readonly title: string;
  readonly min: number;
  readonly max: number;
  readonly default: number;
  /** What the ends mean, and what is rounded. */
  readonly note: string;
}

export interface Convention {
  readonly who: string;
  /** How theirs differs from ours, so that numbers can be compared. */
  readonly differs: string;
}

export interface Entry {
  readonly title: string;
  /** One plain sentence: what it asks of the student. */
  readonly about: string;
  /** Loss of a row. */
  readonly formula: string;
  /** Its derivative by a logit (or by an element of the hidden state), without weight and T². */
  readonly gradient: string;
  readonly source: string;
  readonly needs: readonly Need[];
  readonly parameters: readonly LossParameter[];
  readonly conventions: readonly Convention[];
  readonly defaultWeight: number;
  /** Whether the temperature acts on it. T² applies as spec/terms.ts says. */
  readonly softened: boolean;
  /** What it is at the best student. `none`: a single draw may be below 0. */
  readonly lowest: 'zero' | 'entropy' | 'ordered' | 'approached' | 'none';
}

/** A term of an arm's objective: its id is what a run's specification holds. */
export interface TermEntry extends Entry {
  readonly id: TermId | RankedId;
}

/** A parameter with the range and default that the specification gives it. */
export function parameterOf(
  id: TermEntry['id'],
  name: ParameterName,
  symbol: string,
  title: string,
  note: string,
): LossParameter {
  const { min, max, default: standard } = termParameter(id, name) ?? { min: 0, max: 1, default: 0 };
  return { name, symbol, title, note, min, max, default: standard };
}

export const hinton = 'Hinton, Vinyals, Dean 2015, arXiv:1503.02531';
export const gkd = 'Agarwal et al. 2024 (GKD), arXiv:2306.13649';
export const distillm = 'Ko et al. 2024 (DistiLLM), arXiv:2402.03898';
