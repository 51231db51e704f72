/**
 * What the engine tells the page, as plain data. A recording replays the same events, so the page has one way of
 * showing a run. No event carries a distribution: logits travel, and the page chooses the temperature it looks at.
 */
import type { ErrorDetail } from '../spec/errors.ts';
import type { ScalingTrial } from '../spec/ownData.ts';
import type { ArmSpec, LiveEvent, RunSpec } from '../spec/runSpec.ts';
import type { LossReport } from './checks.ts';
import type { HubOffer, StoredModel } from './hub.ts';
import type { SimilarityPicture } from './similarity.ts';
import type { StoredRun } from './storedRuns.ts';
import type { SweepEvent } from './sweep.ts';
import type { AttentionMap, TextPicture, Written } from './texts.ts';
import type { TopCost } from './topCost.ts';

export interface Adapter {
  readonly name: string;
  readonly software: boolean;
  /** `reference` where there is no WebGPU. */
  readonly executor: 'gpu' | 'reference';
}

/** Size and standing of a teacher, from its card or measured. */
export interface TeacherFacts {
  readonly title: string;
  readonly parameters: number;
  readonly bytes: number;
  readonly sha256: string;
  /** Held-out accuracy on the run's test rows, 0 to 1. */
  readonly accuracy: number;
  /** Samples it was trained on; null where unknown. */
  readonly trainedOn: number | null;
  /**
   * `pack`: recorded answers; `kept`: computed once when the run was prepared; `live`: each batch as it comes;
   * `averaged`: each batch by a copy of the student, of which no accuracy is known beforehand.
   */
  readonly delivery: 'pack' | 'kept' | 'live' | 'averaged';
  /** Where it runs when live, and why there; null before it was loaded. */
  readonly provider: { readonly name: 'gpu' | 'wasm'; readonly reason: string } | null;
  /** Milliseconds for one batch when live; null before it was measured. */
  readonly milliseconds: number | null;
  /** Recall of each class on the run's test rows: the teacher's line where the headline is a recall. */
  readonly recall?: readonly number[];
  /** Of a model of language, on the run's test rows. */
  readonly language?: LanguageMeasures;
  /** Standard deviation of its logits on the run's test rows, and over how many classes it spreads there at T = 1 … 32. */
  readonly logitDeviation?: number;
  readonly softness?: readonly { readonly temperature: number; readonly classes: number }[];
  /** What its k largest answers alone would cost, on the run's test rows; absent where it changes as it teaches. */
  readonly topCosts?: readonly TopCost[];
  /** Bytes of its recorded answers; absent where there are none. */
  readonly packBytes?: number;
}

export interface StudentFacts {
  readonly parameters: number;
  /** Bytes of its weights in float32. */
  readonly bytes: number;
  /** FLOPs of one forward pass of one sample. */
  readonly flops: number;
}

/** One arm as it was prepared. */
export interface ArmFacts {
  readonly spec: ArmSpec;
  /** "100 answers", told as counts: what this arm was shown. */
  readonly labels: number;
  readonly teacherAnswers: number;
}

/** Samples at which every model is looked at again and again: hero, strip, boundary. Row-major (n, size). */
export interface Probe {
  readonly kind: 'samples' | 'grid';
  /** Side of the square picture, for a grid; 0 for samples. Rows run from the top. */
  readonly side: number;
  readonly inputs: Float32Array<ArrayBuffer>;
  /** True labels; empty for a grid. */
  readonly labels: Uint32Array<ArrayBuffer>;
  /** The teacher's logits, (n, classes). */
  readonly teacher: Float32Array<ArrayBuffer>;
}

export interface RunFacts {
  readonly spec: RunSpec;
  readonly adapter: Adapter;
  readonly inputShape: readonly number[];
  /** Rows with a label in one sample; 1 unless told, and one a token for language. */
  readonly positions?: number;
  readonly classNames: readonly string[];
  readonly fingerprint: string;
  readonly teacher: TeacherFacts;
  readonly student: StudentFacts;
  readonly arms: readonly ArmFacts[];
  /** Bytes of all buffers of the run. */
  readonly memory: number;
  /** Kernel calls of one step, all arms. */
  readonly dispatches: number;
  readonly probes: readonly Probe[];
  /** A sample of transfer points to draw under a boundary, (n, 2); empty where the task is no plane. */
  readonly points: Float32Array<ArrayBuffer>;
  readonly pointLabels: Uint32Array<ArrayBuffer>;
  /** 1 where the point's label was given to the students. */
  readonly pointLabelled: Uint8Array<ArrayBuffer>;
  /** True class of each test row, in the order of `Evaluation.correct`: recalls are compared row by row with it. */
  readonly testLabels?: Uint32Array<ArrayBuffer>;
}

/** Held-out measures of one arm, at T = 1, in nats, means over n. Defined in docs/metrics.md. */
export interface Evaluation {
  readonly n: number;
  readonly accuracy: number;
  /** On the validation rows, which choose a best step. */
  readonly validationAccuracy: number;
  readonly agreement: number;
  /** Agreement on the rows where the teacher is wrong, and their count. */
  readonly agreementWhereTeacherErrs: number;
  readonly teacherErrs: number;
  readonly divergence: number;
  readonly reverseDivergence: number;
  readonly calibrationError: number;
  /** Mean calibration error of labels resampled from the student's own distributions. */
  readonly calibrationFloor: number;
  /** Mean confidence − accuracy. */
  readonly calibrationGap: number;
  readonly entropyGap: number;
  /** Recall of each class, and the rows it has. */
  readonly recall: readonly number[];
  readonly classRows: readonly number[];
  /** Rows by (true class, predicted class), row-major. */
  readonly confusion: readonly number[];
  /** For the left-out classes; empty where none is left out. */
  readonly leftOut: readonly LeftOut[];
  /** 1 where the test row was classified rightly; for paired comparisons. */
  readonly correct: Uint8Array<ArrayBuffer>;
  /** Where rows are tokens; the loss on validation chooses a best step. */
  readonly language?: LanguageMeasures & {
    readonly validationLoss: number;
    /** By text: its loss in all, and its tokens; a text's tokens vary together, so texts are what arms are paired by. */
    readonly texts?: {
      readonly losses: Float32Array<ArrayBuffer>;
      readonly tokens: Uint32Array<ArrayBuffer>;
    };
  };
  /** Of the averaged copy of this student that teaches it, on the same rows; where the arm keeps one. */
  readonly average?: AverageMeasures;
  /**
   * Of a run's last evaluation, which is over all test rows: the same measures over the rows that every one before was
   * over, where those are fewer. Curves are of these.
   */
  readonly watched?: Evaluation;
}

export interface AverageMeasures {
  readonly accuracy: number;
  /** Of each class; empty where rows are tokens. */
  readonly recall: readonly number[];
  /** In nats a token; null where rows are none. */
  readonly loss: number | null;
}

/** Of a model of language, means over the tokens that are no padding, at T = 1. Defined in docs/metrics.md. */
export interface LanguageMeasures {
  /** −log q of the token that comes, in nats. */
  readonly loss: number;
  readonly perplexity: number;
  /** Null where the tokens stand for no characters. */
  readonly bitsPerCharacter: number | null;
  /** The teacher's loss on the same tokens. */
  readonly teacherLoss: number;
  /** True entropy of the source on the same tokens, where it is known. */
  readonly floor: number | null;
}

export interface LeftOut {
  readonly label: number;
  /** Area under the ROC of z_label − max of the others. */
  readonly auc: number;
  /** Recall of the class, and accuracy over all rows, with 0, 1, … 20 added to the logits of the left-out classes. */
  readonly recallByOffset: readonly number[];
  readonly accuracyByOffset: readonly number[];
  /** The offset at which the class is answered as often on validation as it occurs there. */
  readonly matchedOffset: number;
  /** Recall of the class on the test rows with that offset on every left-out class. */
  readonly matchedRecall: number;
}

/** Columns of a metrics row, in order; those of unused terms are 0. */
export const metricColumns = [
  'loss',
  'labelLoss',
  'term0',
  'term1',
  'term2',
  'term3',
  'labelGradient2',
  'termGradient2_0',
  'termGradient2_1',
  'termGradient2_2',
  'termGradient2_3',
  'trainAccuracy',
  'trainAgreement',
  'brokenRows',
  'hiddenLoss',
  'hiddenGradient2',
  'gradientNorm',
  'updateScale',
  'nonFiniteInARow',
  'skippedTotal',
  'clippedTotal',
  'halted',
  'nonFiniteNow',
] as const;
export type MetricColumn = (typeof metricColumns)[number];
/** Numbers from one row to the next; columns after the named ones are 0. */
export const metricStride = 32;

export type RunState = 'paused' | 'playing' | 'finished';

const stages = ['data', 'hub', 'download', 'teacher', 'answers', 'compile', 'allocate', 'judge'] as const;
export type ProgressStage = (typeof stages)[number];

/** One tensor that a teacher offers. */
export interface OfferedTensor {
  readonly name: string;
  readonly dtype: string;
  /** Numbers, or names of free dimensions. */
  readonly shape: readonly (number | string)[];
}

export interface TeacherInspection {
  readonly sha256: string;
  readonly bytes: number;
  readonly parameters: number;
  readonly inputs: readonly OfferedTensor[];
  readonly outputs: readonly OfferedTensor[];
  /** Outputs (or tapped tensors) that can serve as logits, the likeliest first, with a word why. */
  readonly logits: readonly { readonly name: string; readonly reason: string }[];
  /** Inner tensors that can be distilled as hidden states. */
  readonly taps: readonly OfferedTensor[];
  /** Of a model that continues text; null for one that classifies samples. */
  readonly language: LanguageFacts | null;
}

/** What a language model and the files beside it say; null where none of them does. */
export interface LanguageFacts {
  /** Logits of a token. */
  readonly vocabulary: number | null;
  /** Words that its tokenizer knows, which may be fewer. */
  readonly words: number | null;
  /** Tokens that it reads at once. */
  readonly context: number | null;
  readonly architecture: string | null;
}

export interface TextFacts {
  readonly documents: number;
  /** Samples that the texts hold, by the number of tokens in one. */
  readonly samples: readonly { readonly length: number; readonly count: number }[];
}

/** What dropped files turned out to be. */
export interface FileInspection {
  readonly teacher: TeacherInspection | null;
  /** Further models, which teach together with it. */
  readonly more?: readonly TeacherInspection[];
  readonly images: { readonly name: string; readonly n: number; readonly shape: readonly number[] } | null;
  readonly labels: { readonly name: string; readonly n: number; readonly classes: number } | null;
  /** Texts for a model of language, cut by its tokenizer. */
  readonly text?: TextFacts | null;
  /** What is still needed, in words ready to show. */
  readonly missing: readonly string[];
  /** Why teacher and data, both of which are there, do not fit each other. */
  readonly misfit?: ErrorDetail;
  /** Names of files that are neither model nor data, where there is no model that they could belong to. */
  readonly unknown?: readonly string[];
  readonly fingerprint: string;
}

/** Milliseconds for one sample in the same runtime (onnxruntime-web on the CPU), teacher and student in turn. */
export interface Speed {
  /** Samples in one run of each. */
  readonly batch: number;
  readonly teacher: number;
  readonly student: number;
}

export type Reply =
  | { readonly kind: 'inspection'; readonly inspection: FileInspection }
  | { readonly kind: 'tensors'; readonly tensors: readonly OfferedTensor[] }
  | { readonly kind: 'scalings'; readonly trial: ScalingTrial }
  | { readonly kind: 'speed'; readonly speed: Speed }
  | {
      readonly kind: 'classified';
      /** Logits of each arm, then of the teacher. */
      readonly arms: readonly Float32Array<ArrayBuffer>[];
      readonly teacher: Float32Array<ArrayBuffer> | null;
    }
  | {
      readonly kind: 'exported';
      readonly name: string;
      readonly mime: string;
      readonly bytes: Uint8Array<ArrayBuffer>;
    }
  | { readonly kind: 'checked'; readonly reports: readonly LossReport[] }
  | { readonly kind: 'offer'; readonly offer: HubOffer }
  | { readonly kind: 'stored'; readonly models: readonly StoredModel[] }
  | { readonly kind: 'stored-runs'; readonly runs: readonly StoredRun[] }
  | { readonly kind: 'continued'; readonly step: number; readonly written: readonly Written[] }
  | {
      readonly kind: 'attention';
      readonly step: number;
      readonly text: number;
      /** Tokens of the text that are told of. */
      readonly n: number;
      /** By arm; empty where the students have no attention. */
      readonly arms: readonly (readonly AttentionMap[])[];
      /** Of tensors that the run taps and that hold weights. */
      readonly teacher: readonly AttentionMap[];
    }
  /** Whose answers are kept now, over what: SHA-256 of the teacher, fingerprint of the data. */
  | { readonly kind: 'kept'; readonly teacher: string; readonly data: string }
  /** It was done, and there is nothing to tell. */
  | { readonly kind: 'watched' | 'comparing' | 'pong' }
  | { readonly kind: 'failed'; readonly detail: ErrorDetail };

export type EngineEvent =
  | { readonly type: 'gate'; readonly adapter: Adapter; readonly missing: ErrorDetail | null }
  | {
      readonly type: 'progress';
      readonly stage: ProgressStage;
      readonly done: number;
      readonly total: number;
    }
  | { readonly type: 'ready'; readonly facts: RunFacts; readonly step: number }
  | {
      readonly type: 'state';
      readonly state: RunState;
      readonly step: number;
      readonly samplesPerSecond: number;
    }
  /** Rows of some steps in order: `values[arm]` holds rows × `metricStride` numbers. */
  | {
      readonly type: 'metrics';
      readonly steps: Uint32Array<ArrayBuffer>;
      readonly values: readonly Float32Array<ArrayBuffer>[];
    }
  | { readonly type: 'evaluation'; readonly step: number; readonly arms: readonly Evaluation[] }
  /** Logits of each arm on each probe: `logits[probe][arm]`. */
  | {
      readonly type: 'pictures';
      readonly step: number;
      readonly logits: readonly (readonly Float32Array<ArrayBuffer>[])[];
    }
  /** The held-out text that is looked at, in a run over texts. */
  | { readonly type: 'text'; readonly step: number; readonly picture: TextPicture }
  /** Layers against the teacher's tensors, at evaluated steps and a few times a second at most. */
  | { readonly type: 'similarity'; readonly step: number; readonly picture: SimilarityPicture }
  /** A live setting that took effect at a step. */
  | { readonly type: 'setting'; readonly event: LiveEvent }
  | { readonly type: 'teacher'; readonly teacher: TeacherFacts }
  /** One more seed has run to its end; `curves[arm]` is the headline metric at each evaluated step. */
  | {
      readonly type: 'replicate';
      readonly index: number;
      readonly count: number;
      readonly seed: number;
      readonly step: number;
      readonly total: number;
      readonly finished: boolean;
      readonly arms: readonly Evaluation[];
      readonly steps: readonly number[];
      readonly curves: readonly (readonly number[])[];
      /** The same of the averaged copy that teaches an arm; empty for arms without one. */
      readonly averages?: readonly (readonly number[])[];
    }
  | SweepEvent
  | { readonly type: 'checkpoint'; readonly step: number }
  /** The engine lost its device (or itself) and goes on from a step it had kept. */
  | { readonly type: 'recovered'; readonly step: number; readonly adapter: Adapter; readonly reason: string }
  /** Gradients of an arm were not finite: the run goes on from a step that was well, at a lower rate. */
  | {
      readonly type: 'rolled-back';
      readonly step: number;
      /** The first step that went wrong, and the tensor that was not finite there. */
      readonly from: number;
      readonly arm: string;
      readonly tensor: string;
      readonly rate: number;
    }
  /** One of the losses of the `check` command with this id, as soon as it is done. */
  | {
      readonly type: 'checked';
      readonly id: number;
      readonly index: number;
      readonly count: number;
      readonly report: LossReport;
    }
  /** `of`: the command that failed, or `run` where the loaded run did; absent where it was neither. */
  | { readonly type: 'error'; readonly detail: ErrorDetail; readonly of?: string }
  | { readonly type: 'reply'; readonly id: number; readonly reply: Reply };
