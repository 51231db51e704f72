/**
 * RunSpec: everything that a run is, as plain validated JSON. Links, presets, sweeps, checkpoints and the
 * command line all speak it, and nothing else. Pure: no defaults come from the machine, the clock or the page.
 */
import * as v from 'valibot';
import { StillroomError } from './errors.ts';
import { classIndex, gotOf, real, text, u32, wantedOf, whole } from './fields.ts';
import { limits } from './limits.ts';
import { teacherSchema } from './teacherSchema.ts';
import { checkTerms } from './termRules.ts';
import { checkWays } from './wayRules.ts';

/** Which rows of the task a run may use. `labelled` is a count of class-balanced rows, or all of them. */
const rows = {
  /** Rows that arms are trained on; the teacher answers all of them. */
  transfer: whole(limits.samples),
  labelled: v.union([v.literal('all'), whole({ min: 0, max: limits.samples.max })]),
  validation: whole(limits.samples),
  test: whole(limits.samples),
  /** Classes that never occur among the transfer rows. They stay in validation and test. */
  leaveOut: v.pipe(v.array(classIndex), v.maxLength(16)),
  /** Share of the given labels that are wrong. Validation and test labels are always true. */
  labelNoise: real(limits.share),
  /** Share of the transfer rows that are padding: real samples that nobody answers for, and that a mask leaves out. */
  padding: v.optional(real({ min: 0, max: 0.9 })),
  /** Fixes the rows themselves; the run's own seed re-draws subset and label noise. */
  dataSeed: u32,
};

/** The same of texts: a row is a text, and no token is left out or spoiled. */
const textRows = {
  ...rows,
  leaveOut: v.pipe(v.array(classIndex), v.maxLength(0)),
  labelNoise: real({ min: 0, max: 0 }),
  /** Tokens of a sample; longer texts are cut. */
  length: whole(limits.positions),
};

const dataSchema = v.variant('task', [
  v.strictObject({
    task: v.literal('planes'),
    shape: v.picklist(['moons', 'spirals', 'rings', 'checkerboard']),
    noise: real(limits.noise),
    /** Unlabelled transfer points from the whole picture instead of the task's own distribution. */
    everywhere: v.boolean(),
    ...rows,
  }),
  v.strictObject({ task: v.literal('glyphs'), size: v.picklist([16, 28]), ...rows }),
  v.strictObject({
    task: v.literal('file'),
    /** Of the user's files, as `data/` computes it; empty until they are read. */
    fingerprint: text(64),
    mean: real({ min: -1e6, max: 1e6 }),
    std: real({ min: 1e-6, max: 1e6 }),
    ...rows,
  }),
  v.strictObject({
    task: v.literal('stories'),
    tokenizer: v.picklist(['word', 'character']),
    /** Transfer texts are those that the teacher wrote (sequence-level distillation); the others are the source's. */
    written: v.boolean(),
    ...textRows,
  }),
  v.strictObject({
    task: v.literal('text'),
    /** Of the user's texts, as `data/` computes it; empty until they are read. */
    fingerprint: text(64),
    tokenizer: v.picklist(['character', 'byte', 'teacher']),
    /** Field of a .jsonl or column of a .csv that holds the text. */
    column: text(64),
    ...textRows,
  }),
]);

const activation = v.picklist(['relu', 'tanh', 'gelu']);

const studentSchema = v.variant('kind', [
  v.strictObject({
    kind: v.literal('mlp'),
    hidden: v.pipe(v.array(whole(limits.width)), v.maxLength(limits.layers.max)),
    activation,
    norm: v.picklist(['none', 'layer']),
    dropout: real({ min: 0, max: 0.95 }),
  }),
  v.strictObject({
    kind: v.literal('cnn'),
    /** Output channels of each block: convolution 3×3, normalisation, activation, pooling 2×2. */
    channels: v.pipe(v.array(whole(limits.channels)), v.minLength(1), v.maxLength(6)),
    pool: v.picklist(['max', 'average']),
    norm: v.picklist(['none', 'group']),
    hidden: whole({ min: 0, max: limits.width.max }),
    activation,
    dropout: real({ min: 0, max: 0.95 }),
  }),
  /** A decoder over tokens. */
  v.strictObject({
    kind: v.literal('transformer'),
    layers: whole(limits.blocks),
    width: whole(limits.width),
    /** Divides the width. */
    heads: whole(limits.heads),
    /** Heads of keys and values; divides `heads`, each shared by so many of them. */
    kvHeads: whole(limits.heads),
    norm: v.picklist(['rms', 'layer']),
    positions: v.picklist(['rotary', 'learned']),
    mlp: v.picklist(['gelu', 'swiglu']),
    /** The head shares the table of the embedding. */
    tied: v.boolean(),
    dropout: real({ min: 0, max: 0.95 }),
  }),
  /** Convolutions over the last `kernel` tokens, in layers. */
  v.strictObject({
    kind: v.literal('causal_conv'),
    layers: whole(limits.blocks),
    width: whole(limits.width),
    kernel: whole(limits.kernel),
    activation,
    tied: v.boolean(),
    dropout: real({ min: 0, max: 0.95 }),
  }),
]);

const termSchema = v.strictObject({
  /** Id in the catalogue of losses. */
  id: text(64),
  weight: real(limits.weight),
  /** Parameters of the loss, where it has them; which and in which range is in terms.ts. */
  beta: v.optional(real(limits.parameter)),
  lambda: v.optional(real(limits.parameter)),
  alpha: v.optional(real(limits.parameter)),
  tau: v.optional(real(limits.parameter)),
  epsilon: v.optional(real(limits.parameter)),
  margin: v.optional(real(limits.parameter)),
  mu: v.optional(real(limits.parameter)),
  k: v.optional(whole(limits.parameter)),
  /** Of `id: 'formula'`: its text, and its parameters by name. */
  formula: v.optional(text(limits.formulaLength.max)),
  values: v.optional(
    v.pipe(v.record(v.string(), real(limits.value)), v.maxEntries(limits.formulaValues.max)),
  ),
});

/** Distances of hidden states, of relations among the rows of a batch, and of attention. */
/** Distances between hidden states, those of single rows first, then those of how the rows of a batch relate. */
export const hiddenLossIds = [
  'hidden_mse',
  'hidden_cosine',
  'hidden_normalised_mse',
  'gram',
  'similarity_preserving',
  'linear_cka',
  'mmd_rbf',
  'relational',
  'attention_kl',
  'value_relation_kl',
] as const;
const hiddenLoss = v.picklist(hiddenLossIds);
export type HiddenLossId = v.InferOutput<typeof hiddenLoss>;

const hiddenSchema = v.strictObject({
  loss: hiddenLoss,
  weight: real(limits.weight),
  /** Student block (0 is the first hidden layer) against a tensor of the teacher. */
  pairs: v.pipe(
    v.array(
      v.strictObject({
        student: whole({ min: 0, max: 63 }),
        teacher: text(256),
        /** Where this pair has a distance of its own: MiniLM compares weights and values of one layer. */
        loss: v.optional(hiddenLoss),
      }),
    ),
    v.minLength(1),
    v.maxLength(limits.pairs.max),
  ),
  /** What a map [B, C, H, W] becomes before it is compared: its spatial mean, or one long row. */
  maps: v.picklist(['pool', 'flatten']),
  /** Width of the kernel of `mmd_rbf`; 0 or absent: from the batch. */
  sigma: v.optional(real(limits.weight)),
  /** Rescale the hidden loss to the size of the terms on logits, in each batch. */
  balance: v.optional(v.boolean()),
  /** How the map from the student's width to the teacher's begins, where the loss needs one; `xavier` if absent. */
  projection: v.optional(v.picklist(['xavier', 'normal', 'identity'])),
});

const objectiveSchema = v.strictObject({
  /** Share of the teacher, w: loss = (1 − w)·labels + w·Σ terms, where mixing is `share`. */
  mix: real(limits.share),
  /**
   * `share`, the default, as said at `mix`; `sum`: labelWeight·labels + Σ terms, with `mix` out of play; `normalised`:
   * that sum divided by the sum of all weights (DistillKit).
   */
  mixing: v.optional(v.picklist(['share', 'sum', 'normalised'])),
  /** Weight of the labels where mixing is not `share`; 1 where it is not given. */
  labelWeight: v.optional(real(limits.weight)),
  /** Steps over which the teacher's weights rise linearly from 0. */
  warmup: v.optional(whole({ min: 0, max: limits.steps.max })),
  temperature: real(limits.temperature),
  /** Multiply each divergence by T² (Hinton et al. 2015). */
  scaleByT2: v.boolean(),
  terms: v.pipe(v.array(termSchema), v.minLength(1), v.maxLength(limits.terms.max)),
  hidden: v.nullable(hiddenSchema),
  /** Of language: a student writes texts itself, and learns from what a live teacher says of them (GKD). */
  onPolicy: v.optional(
    v.strictObject({
      /** λ: share of a batch's texts. Which they are follows from seed, step and row. */
      share: real(limits.share),
      /** At which the student draws its tokens. */
      temperature: real(limits.sampling),
      /** Tokens of the transfer text that it continues. */
      prompt: whole(limits.prompt),
    }),
  ),
});

const optimiserSchema = v.strictObject({
  kind: v.picklist(['adamw', 'sgd']),
  learningRate: real(limits.learningRate),
  schedule: v.picklist(['constant', 'cosine']),
  /** Steps over which the learning rate rises linearly from 0. */
  warmup: whole({ min: 0, max: limits.steps.max }),
  weightDecay: real(limits.weightDecay),
  beta1: real(limits.beta),
  beta2: real(limits.beta),
  epsilon: real(limits.epsilon),
  momentum: real(limits.beta),
  /** Largest global gradient norm; 0 turns clipping off. */
  clipNorm: real(limits.clipNorm),
});

/**
 * Mistakes that shipped elsewhere, for the failure gallery: T² in the reported loss and not in the gradient; padding
 * that counts; 0 as the logit of a class that the teacher lacks; a mean divided by its count twice; the mass beside the
 * chosen classes as 1 − Σ.
 */
const fault = v.picklist(['t2_missing', 'mask_ignored', 'zero_logits', 'divided_twice', 'naive_tail']);
export type ArmFault = v.InferOutput<typeof fault>;

const armSchema = v.strictObject({
  /** labels: cross-entropy alone; smoothed: with label smoothing; hard: the teacher's answers; distilled. */
  kind: v.picklist(['labels', 'smoothed', 'hard', 'distilled']),
  name: v.optional(text(limits.nameLength.max)),
  /** Mass that smoothing spreads over all classes. */
  smoothing: v.optional(real(limits.share)),
  learningRate: v.optional(real(limits.learningRate)),
  /** A planted mistake. */
  fault: v.optional(fault),
  /** Replaces the run's objective in this arm (another loss on the same batches). */
  objective: v.optional(objectiveSchema),
});

const eventSchema = v.strictObject({
  step: whole({ min: 0, max: limits.steps.max }),
  path: text(64),
  value: v.pipe(v.number(), v.finite()),
});

export const runSpecSchema = v.strictObject({
  schema: v.literal(1),
  name: text(limits.nameLength.max),
  seed: u32,
  data: dataSchema,
  teacher: teacherSchema,
  student: studentSchema,
  objective: objectiveSchema,
  optimiser: optimiserSchema,
  training: v.strictObject({
    steps: whole(limits.steps),
    batch: whole(limits.batch),
    /** Batches summed into one update. */
    accumulate: whole(limits.accumulate),
    evaluateEvery: whole(limits.every),
  }),
  arms: v.pipe(v.array(armSchema), v.minLength(limits.arms.min), v.maxLength(limits.arms.max)),
  evaluation: v.strictObject({
    /** Added to the logits of the left-out classes when arms are judged; never trained. */
    offset: real(limits.offset),
  }),
  /** Live settings that were changed in mid-run, in order of step. */
  events: v.pipe(v.array(eventSchema), v.maxLength(limits.events.max)),
});

export type RunSpec = v.InferOutput<typeof runSpecSchema>;
export type SeveralSpec = Extract<RunSpec['teacher'], { source: 'several' }>;
export type DataSpec = RunSpec['data'];
export type StudentSpec = RunSpec['student'];
export type ObjectiveSpec = RunSpec['objective'];
export type TermSpec = ObjectiveSpec['terms'][number];
export type HiddenSpec = NonNullable<ObjectiveSpec['hidden']>;
export type OptimiserSpec = RunSpec['optimiser'];
export type ArmSpec = RunSpec['arms'][number];
export type ArmKind = ArmSpec['kind'];
export type LiveEvent = RunSpec['events'][number];

/** Rows are tokens of texts, and students are models of language. */
export function isText(data: DataSpec): data is Extract<DataSpec, { task: 'stories' | 'text' }> {
  return data.task === 'stories' || data.task === 'text';
}

/** Returns the specification as a fresh object, or throws `spec-invalid` naming the first wrong field. */
export function parseRunSpec(input: unknown): RunSpec {
  const result = v.safeParse(runSpecSchema, input);
  if (result.success) return checkTogether(result.output);
  const issue = result.issues[0];
  const path = v.getDotPath(issue) ?? '';
  throw new StillroomError({
    code: 'spec-invalid',
    problem: `The run's specification is wrong at ${path === '' ? 'its top level' : path}`,
    got: gotOf(issue),
    wanted: wantedOf(issue),
    remedy: 'Correct that field, or start from a preset',
    ...(path === '' ? {} : { control: path }),
  });
}

/** Rules that hold between fields. Errors: `spec-labelled`, `spec-teacher`, those of terms and of ways of teaching. */
function checkTogether(spec: RunSpec): RunSpec {
  const { labelled, transfer } = spec.data;
  if (labelled !== 'all' && labelled > transfer) {
    throw new StillroomError({
      code: 'spec-labelled',
      problem: 'More rows are labelled than there are',
      got: `${labelled} labelled`,
      wanted: `at most ${transfer}, the transfer rows`,
      remedy: 'Label fewer rows (data.labelled) or learn from more (data.transfer)',
      control: 'data.labelled',
    });
  }
  checkTerms(spec);
  checkWays(spec);
  if (
    spec.teacher.source === 'none' &&
    spec.arms.some(({ kind }) => kind === 'distilled' || kind === 'hard')
  ) {
    throw new StillroomError({
      code: 'spec-teacher',
      problem: 'An arm learns from a teacher, and there is none',
      wanted: 'arms of labels alone',
      remedy: 'Choose a teacher, or leave such arms out',
      control: 'teacher.source',
    });
  }
  return spec;
}
