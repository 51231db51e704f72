/**
 * Every setting that the page offers, as a table: where it stands in the specification, in which card, from which level
 * on, with which range of useful values. Hard limits are the specification's. Labels are in the locale, by path.
 */
import { limits, type Range } from '../spec/limits.ts';
import { liveRange } from '../spec/live.ts';
import { isText, type RunSpec } from '../spec/runSpec.ts';
import { termLoss } from '../spec/terms.ts';
import { readPath } from './paths.ts';
import { type Level, levels } from './state.ts';

export type CardName = 'data' | 'teacher' | 'student' | 'loss' | 'optimiser';

interface Common {
  readonly path: string;
  readonly card: CardName;
  readonly level: Level;
  /** Offered only where this holds. */
  readonly when?: (spec: RunSpec) => boolean;
}

export interface NumberControl extends Common {
  readonly kind: 'number';
  readonly min: number;
  readonly max: number;
  readonly hard: Range;
  readonly scale: 'linear' | 'log';
  readonly whole: boolean;
  /** What holds where the specification does not say. */
  readonly standard?: number;
}

export interface ChoiceControl extends Common {
  readonly kind: 'choice';
  readonly options: readonly string[];
}

export interface FlagControl extends Common {
  readonly kind: 'flag';
}

/** Widths of layers, typed as a list: "256, 256". */
export interface ListControl extends Common {
  readonly kind: 'list';
  readonly hard: Range;
  readonly most: number;
  readonly fewest: number;
}

export type Control = NumberControl | ChoiceControl | FlagControl | ListControl;

type When = Common['when'];
type Extra = {
  readonly scale?: 'linear' | 'log';
  readonly whole?: boolean;
  readonly standard?: number;
  readonly when?: When;
};

function number(
  card: CardName,
  level: Level,
  path: string,
  [min, max]: readonly [number, number],
  hard: Range,
  { scale = 'linear', whole = false, standard, when }: Extra = {},
): NumberControl {
  const usual = standard === undefined ? {} : { standard };
  return {
    kind: 'number',
    card,
    level,
    path,
    min,
    max,
    hard,
    scale,
    whole,
    ...usual,
    ...(when ? { when } : {}),
  };
}

function choice(
  card: CardName,
  level: Level,
  path: string,
  options: readonly string[],
  when?: When,
): ChoiceControl {
  return { kind: 'choice', card, level, path, options, ...(when ? { when } : {}) };
}

const isPlanes = (spec: RunSpec) => spec.data.task === 'planes';
const ofText = (spec: RunSpec) => isText(spec.data);
const isStories = (spec: RunSpec) => spec.data.task === 'stories';
const isOwnText = (spec: RunSpec) => spec.data.task === 'text';
const isMlp = (spec: RunSpec) => spec.student.kind === 'mlp';
const isCnn = (spec: RunSpec) => spec.student.kind === 'cnn';
const isTransformer = (spec: RunSpec) => spec.student.kind === 'transformer';
const isCausalConv = (spec: RunSpec) => spec.student.kind === 'causal_conv';
const isAdam = (spec: RunSpec) => spec.optimiser.kind === 'adamw';
const isGiven = (spec: RunSpec) => spec.teacher.source !== 'average';
const isShared = (spec: RunSpec) => (spec.objective.mixing ?? 'share') === 'share';
/** What the one divergence of a simple objective may be; the editor of the lab has every loss. */
const divergences = [
  ...['forward_kl', 'reverse_kl', 'jsd_normalised', 'jsd', 'jeffreys', 'skew_kl', 'skew_reverse_kl'],
  ...['soft_ce', 'hard_ce', 'total_variation', 'probability_mse', 'logit_mse', 'logit_cosine'],
  ...['decoupled', 'standardised_kl', 'dist_inter', 'corrected_teacher'],
];

/** A slider for each parameter of each of them, in its own range. */
const divergenceParameters: readonly NumberControl[] = divergences.flatMap((id) =>
  (termLoss(id)?.parameters ?? []).map(({ name, min, max, whole = false, default: standard }) =>
    number(
      'loss',
      'tinker',
      `objective.terms.0.${name}`,
      [min, max],
      { min, max },
      {
        ...{ whole, standard },
        when: (spec) => spec.objective.terms[0]?.id === id,
      },
    ),
  ),
);
const u32: Range = { min: 0, max: 0xffff_ffff };

export const controls: readonly Control[] = [
  number('loss', 'learn', 'objective.temperature', [0.5, 64], limits.temperature, { scale: 'log' }),
  number('loss', 'learn', 'objective.mix', [0, 1], limits.share, { when: isShared }),
  choice('loss', 'tinker', 'objective.terms.0.id', divergences),
  ...divergenceParameters,
  { kind: 'flag', card: 'loss', level: 'tinker', path: 'objective.scaleByT2' },

  choice('data', 'tinker', 'data.shape', ['moons', 'spirals', 'rings', 'checkerboard'], isPlanes),
  number('data', 'tinker', 'data.noise', [0, 0.5], limits.noise, { when: isPlanes }),
  { kind: 'flag', card: 'data', level: 'tinker', path: 'data.everywhere', when: isPlanes },
  number('data', 'tinker', 'data.transfer', [100, 20_000], limits.samples, { scale: 'log', whole: true }),
  number('data', 'tinker', 'data.length', [8, 256], limits.positions, {
    ...{ scale: 'log', whole: true, when: ofText },
  }),
  choice('data', 'tinker', 'data.tokenizer', ['word', 'character'], isStories),
  choice('data', 'tinker', 'data.tokenizer', ['teacher', 'character', 'byte'], isOwnText),
  number('data', 'tinker', 'data.labelNoise', [0, 0.9], limits.share, { when: (spec) => !ofText(spec) }),
  number('data', 'lab', 'data.validation', [100, 5_000], limits.samples, { scale: 'log', whole: true }),
  number('data', 'lab', 'data.test', [500, 10_000], limits.samples, { scale: 'log', whole: true }),
  number('data', 'lab', 'data.dataSeed', [0, 100], u32, { whole: true }),

  number('teacher', 'tinker', 'teacher.members.0.weight', [0, 1], limits.weight),
  number('teacher', 'tinker', 'teacher.members.1.weight', [0, 1], limits.weight),
  number('teacher', 'tinker', 'teacher.members.2.weight', [0, 1], limits.weight),
  number('teacher', 'tinker', 'teacher.members.3.weight', [0, 1], limits.weight),
  choice('teacher', 'tinker', 'teacher.combine', ['probabilities', 'logits']),
  number('teacher', 'tinker', 'teacher.decay', [0.5, 0.999], limits.decay),
  number('teacher', 'tinker', 'objective.onPolicy.share', [0, 1], limits.share),
  number('teacher', 'tinker', 'objective.onPolicy.temperature', [0, 2], limits.sampling),
  number('teacher', 'tinker', 'objective.onPolicy.prompt', [1, 64], limits.prompt, { whole: true }),
  choice('teacher', 'lab', 'teacher.delivery', ['pack', 'live'], isGiven),
  choice('teacher', 'lab', 'teacher.provider', ['auto', 'gpu', 'wasm'], isGiven),

  {
    kind: 'list',
    card: 'student',
    level: 'tinker',
    path: 'student.hidden',
    hard: limits.width,
    fewest: 0,
    most: limits.layers.max,
    when: isMlp,
  },
  {
    kind: 'list',
    card: 'student',
    level: 'tinker',
    path: 'student.channels',
    hard: limits.channels,
    fewest: 1,
    most: 6,
    when: isCnn,
  },
  number('student', 'tinker', 'student.layers', [1, 8], limits.blocks, { whole: true }),
  number('student', 'tinker', 'student.width', [16, 512], limits.width, { scale: 'log', whole: true }),
  number('student', 'tinker', 'student.heads', [1, 16], limits.heads, { whole: true, when: isTransformer }),
  number('student', 'lab', 'student.kvHeads', [1, 16], limits.heads, { whole: true, when: isTransformer }),
  number('student', 'tinker', 'student.kernel', [1, 8], limits.kernel, { whole: true, when: isCausalConv }),
  choice('student', 'lab', 'student.positions', ['rotary', 'learned'], isTransformer),
  choice('student', 'lab', 'student.mlp', ['gelu', 'swiglu'], isTransformer),
  choice('student', 'lab', 'student.norm', ['rms', 'layer'], isTransformer),
  { kind: 'flag', card: 'student', level: 'lab', path: 'student.tied' },
  choice('student', 'tinker', 'student.activation', ['relu', 'tanh', 'gelu']),
  choice('student', 'lab', 'student.pool', ['max', 'average'], isCnn),
  choice('student', 'lab', 'student.norm', ['none', 'layer'], isMlp),
  choice('student', 'lab', 'student.norm', ['none', 'group'], isCnn),
  number(
    'student',
    'lab',
    'student.hidden',
    [0, 512],
    { min: 0, max: limits.width.max },
    {
      whole: true,
      when: isCnn,
    },
  ),
  number('student', 'lab', 'student.dropout', [0, 0.5], { min: 0, max: 0.95 }),

  number('optimiser', 'tinker', 'optimiser.learningRate', [1e-5, 0.3], limits.learningRate, { scale: 'log' }),
  number('optimiser', 'tinker', 'training.steps', [100, 10_000], limits.steps, { scale: 'log', whole: true }),
  number('optimiser', 'tinker', 'training.batch', [8, 1_024], limits.batch, { scale: 'log', whole: true }),
  choice('optimiser', 'tinker', 'optimiser.schedule', ['constant', 'cosine']),
  choice('optimiser', 'lab', 'optimiser.kind', ['adamw', 'sgd']),
  number('optimiser', 'lab', 'optimiser.warmup', [0, 500], limits.steps, { whole: true }),
  number('optimiser', 'lab', 'optimiser.weightDecay', [0, 0.3], limits.weightDecay),
  number('optimiser', 'lab', 'optimiser.clipNorm', [0, 10], limits.clipNorm),
  number('optimiser', 'lab', 'optimiser.beta1', [0, 0.999], limits.beta, { when: isAdam }),
  number('optimiser', 'lab', 'optimiser.beta2', [0, 0.999], limits.beta, { when: isAdam }),
  number('optimiser', 'lab', 'optimiser.momentum', [0, 0.99], limits.beta, { when: (spec) => !isAdam(spec) }),
  number('optimiser', 'lab', 'training.accumulate', [1, 16], limits.accumulate, { whole: true }),
  number('optimiser', 'lab', 'training.evaluateEvery', [10, 500], limits.every, {
    scale: 'log',
    whole: true,
  }),
];

/** The controls of a card at a level, for this specification. */
export function controlsOf(card: CardName, level: Level, spec: RunSpec): readonly Control[] {
  return controls.filter(
    (control) =>
      control.card === card &&
      levels.indexOf(control.level) <= levels.indexOf(level) &&
      (control.when?.(spec) ?? true) &&
      (readPath(spec, control.path) !== undefined ||
        (control.kind === 'number' && control.standard !== undefined)),
  );
}

/** The first level at which a path is offered; `lab` for one that the table does not know. */
export function levelOf(path: string): Level {
  return controls.find((control) => control.path === path)?.level ?? 'lab';
}

export function isLive(path: string): boolean {
  return liveRange(path) !== undefined;
}
