/**
 * Held-out measures of a language student, at T = 1, in nats a token (definitions: docs/metrics.md). Rows are given
 * in runs, and forgotten when they were counted. Everything is computed in float64; it runs no model.
 */
import type { Dataset, Split } from '../data/task.ts';
import type { AverageMeasures, Evaluation, LanguageMeasures } from '../protocol/events.ts';
import { Calibration, logSoftmaxInto } from './evaluation.ts';

/** Logits (rows, classes) of a student and its teacher on the rows of some samples, from `firstRow` of a split on. */
export interface JudgedRun {
  readonly student: Float32Array;
  readonly teacher: Float32Array;
  readonly split: Split;
  readonly firstRow: number;
}

/** What only a model of language is measured by, from its logits over a whole split; null for others. */
export function languageOf(
  { positions, classNames, vocabulary }: Dataset,
  split: Split,
  logits: Float32Array,
): LanguageMeasures | null {
  if (positions === 1) return null;
  const judge = new LanguageJudge(classNames.length, vocabulary?.characters ?? new Uint8Array());
  judge.add({ student: logits, teacher: logits, split, firstRow: 0 });
  return judge.measures;
}

export class LanguageJudge {
  readonly #classes: number;
  readonly #characters: Uint8Array;
  readonly #calibration = new Calibration();
  readonly #correct: number[] = [];
  readonly #textLosses: number[] = [];
  readonly #textTokens: number[] = [];
  readonly #logQ: Float64Array;
  readonly #logP: Float64Array;
  #n = 0;
  #agree = 0;
  #errs = 0;
  #agreeWhereErrs = 0;
  #divergence = 0;
  #reverse = 0;
  #entropyGap = 0;
  #loss = 0;
  #teacherLoss = 0;
  #entropy: number | null = 0;
  #length = 0;

  /** `characters`: that each token stands for. */
  constructor(classes: number, characters: Uint8Array) {
    this.#classes = classes;
    this.#characters = characters;
    this.#logQ = new Float64Array(classes);
    this.#logP = new Float64Array(classes);
  }

  /** Counts the rows that are not padding. */
  add({ student, teacher, split, firstRow }: JudgedRun): void {
    const positions = split.trueLabels.length / Math.max(1, split.n);
    for (let row = 0; row < student.length / this.#classes; row++) {
      if (split.valid[firstRow + row] !== 1) continue;
      const label = split.trueLabels[firstRow + row] ?? 0;
      const entropy = split.entropy?.[firstRow + row];
      if (entropy === undefined || this.#entropy === null) this.#entropy = null;
      else this.#entropy += entropy;
      this.#length += this.#characters[label] ?? 0;
      this.#addRow(student, teacher, row, label, Math.floor((firstRow + row) / positions));
    }
  }

  #addRow(student: Float32Array, teacher: Float32Array, row: number, label: number, text: number): void {
    const [logQ, logP] = [this.#logQ, this.#logP];
    const answer = logSoftmaxInto(student, row, this.#classes, logQ);
    const taught = logSoftmaxInto(teacher, row, this.#classes, logP);
    this.#correct.push(answer === label ? 1 : 0);
    this.#agree += answer === taught ? 1 : 0;
    this.#errs += taught === label ? 0 : 1;
    this.#agreeWhereErrs += taught !== label && answer === taught ? 1 : 0;
    this.#loss -= logQ[label] ?? 0;
    this.#textLosses[text] = (this.#textLosses[text] ?? 0) - (logQ[label] ?? 0);
    this.#textTokens[text] = (this.#textTokens[text] ?? 0) + 1;
    this.#teacherLoss -= logP[label] ?? 0;
    for (let j = 0; j < this.#classes; j++) {
      const [lq, lp] = [logQ[j] ?? 0, logP[j] ?? 0];
      const [q, p] = [Math.exp(lq), Math.exp(lp)];
      // 0 · log 0 is 0: a teacher may exclude a token.
      if (p > 0) this.#divergence += p * (lp - lq);
      if (q > 0) this.#reverse += q * (lq - lp);
      this.#entropyGap += (p > 0 ? p * lp : 0) - (q > 0 ? q * lq : 0);
    }
    this.#calibration.add(logQ, Math.exp(logQ[answer] ?? 0), answer === label, this.#n);
    this.#n += 1;
  }

  get measures(): LanguageMeasures {
    const n = Math.max(1, this.#n);
    const loss = this.#loss / n;
    return {
      loss,
      perplexity: Math.exp(loss),
      bitsPerCharacter: this.#length === 0 ? null : this.#loss / Math.LN2 / this.#length,
      teacherLoss: this.#teacherLoss / n,
      floor: this.#entropy === null || this.#n === 0 ? null : this.#entropy / n,
    };
  }

  get accuracy(): number {
    return this.#right / Math.max(1, this.#n);
  }

  /** Of the teacher, where that is an averaged copy of the student. */
  get average(): AverageMeasures {
    const n = Math.max(1, this.#n);
    return { accuracy: (this.#n - this.#errs) / n, recall: [], loss: this.#teacherLoss / n };
  }

  /** Of a language student there is no table of classes, and no class is left out. */
  evaluation(validationAccuracy: number, validationLoss: number): Evaluation {
    const n = Math.max(1, this.#n);
    return {
      n: this.#n,
      accuracy: this.accuracy,
      validationAccuracy,
      agreement: this.#agree / n,
      agreementWhereTeacherErrs: this.#errs === 0 ? 0 : this.#agreeWhereErrs / this.#errs,
      teacherErrs: this.#errs,
      divergence: Math.max(0, this.#divergence / n),
      reverseDivergence: Math.max(0, this.#reverse / n),
      calibrationError: this.#calibration.error(),
      calibrationFloor: this.#calibration.floor(),
      calibrationGap: this.#calibration.gap(),
      entropyGap: this.#entropyGap / n,
      recall: [],
      classRows: [],
      confusion: [],
      leftOut: [],
      correct: Uint8Array.from(this.#correct),
      language: {
        ...this.measures,
        validationLoss,
        texts: {
          losses: Float32Array.from(this.#textLosses, (loss) => loss ?? 0),
          tokens: Uint32Array.from(this.#textTokens, (tokens) => tokens ?? 0),
        },
      },
    };
  }

  get #right(): number {
    return this.#correct.reduce((sum, one) => sum + one, 0);
  }
}
