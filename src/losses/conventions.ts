/**
 * How other toolkits compute the losses of the catalogue: what they call a loss, whether T² multiplies it, over which rows
 * they average, how β is oriented, and how they mix it with the labels. A pure translation into our own terms, with a
 * sentence for each thing that changes; it computes nothing. Facts were read in the sources named, at the dates named.
 */

export const toolkitIds = ['distillkit', 'trl', 'liger', 'mdistiller', 'textbrewer', 'torchtune'] as const;
export type ToolkitId = (typeof toolkitIds)[number];

/** One loss as it is about to be computed: a catalogue id and its numbers. */
export interface LossSetting {
  readonly id: string;
  readonly temperature: number;
  readonly scaleByT2: boolean;
  /** Shape parameters by name: `beta`, `lambda`, … */
  readonly parameters: Readonly<Record<string, number>>;
}

/** A loss of ours as part of theirs. */
export interface Part {
  readonly id: string;
  readonly parameters: LossSetting['parameters'];
  /** Multiplies value and gradient, beside T². */
  readonly weight: number;
}

export interface Translated {
  /** Their value is the sum of these. */
  readonly parts: readonly Part[];
  readonly temperature: number;
  readonly scaleByT2: boolean;
  /** Masked rows count all the same: the toolkit's loss knows no mask. */
  readonly ignoresMask: boolean;
  /** What changed and why, one sentence each. */
  readonly notes: readonly string[];
}

export interface Toolkit {
  readonly id: ToolkitId;
  readonly title: string;
  /** Where it was read. */
  readonly source: string;
  /** How it weighs the teacher against the labels, in words. */
  readonly mixing: string;
  /** The same as settings of an objective. */
  readonly mix: ToolkitMix;
  /** Over which rows a loss is averaged, in words. */
  readonly reduction: string;
  /** In a language model: whose label and mask a row of logits is held against, in words. */
  readonly shift: string;
  /** Whose: those of the next row, of its own, or for cross-entropy alone those of the next. */
  readonly heldAgainst: 'next' | 'own' | 'next for labels';
  readonly scaleByT2: boolean;
  /** 1 where the loss has no temperature of its own. */
  readonly temperature: 1 | null;
  readonly ignoresMask: boolean;
  /** What holds of all its losses and is said beside them. */
  readonly note?: string;
  /** Our id → theirs. A loss that is not here does not exist there. */
  readonly losses: ReadonlyMap<string, TheirLoss>;
}

export interface ToolkitMix {
  readonly mixing: 'share' | 'sum' | 'normalised';
  /** Share of the teacher where `mixing` is `share`. */
  readonly mix: number;
  /** Weight of the labels where it is not. */
  readonly labelWeight: number;
}

interface TheirLoss {
  readonly name: string;
  /** Losses of ours that add up to theirs; the same loss unless told. */
  readonly is?: (setting: LossSetting) => readonly Part[];
  /** At which they compute it where nobody says; their other defaults are ours. */
  readonly usualTemperature?: number;
  /** Over which rows it alone is averaged. */
  readonly reduction?: string;
  /** It alone has no temperature there. */
  readonly temperature?: 1;
  /** How it is mixed with the labels, where that is not the toolkit's usual way. */
  readonly mix?: ToolkitMix;
  readonly note?: string;
}

const only = (id: string, parameters: LossSetting['parameters'] = {}, weight = 1): readonly Part[] => [
  { id, parameters, weight },
];

/** JSD(β) as GKD defines it, with its two ends. */
function gkdJsd({ parameters }: LossSetting): readonly Part[] {
  const beta = parameters['beta'] ?? 0.5;
  if (beta === 0) return only('forward_kl');
  return beta === 1 ? only('reverse_kl') : only('jsd', { beta });
}

const jsdEnds = 'at β = 0 and β = 1 it is forward and reverse KL, not the limit 0 of the formula';
const undivided = 'it is not divided by β(1 − β)';
const entropyKept = 'it is soft cross-entropy: the teacher’s entropy is not taken off';
const noBeta = 'it has no β: both halves weigh the same';
const forwardOnly =
  'at β = 0; with another β it takes the student’s likeliest classes instead, or those of both';
const overPairs = 'mean over all pairs of the batch at once, which is ours where every row has as many';

export const toolkits: readonly Toolkit[] = [
  {
    id: 'distillkit',
    title: 'DistillKit',
    source: 'arcee-ai/DistillKit, distillkit/lossfuncs (2025)',
    mixing: 'Σ wL / Σ w over all its loss functions, cross-entropy among them',
    mix: { mixing: 'normalised', mix: 0.5, labelWeight: 0.5 },
    reduction: 'sum over the tokens, divided by the tokens that are not masked',
    shift:
      'cross-entropy holds logits at position t against the token at t + 1; the losses on the teacher take the mask of t itself, which is one off',
    heldAgainst: 'next for labels',
    scaleByT2: true,
    temperature: null,
    ignoresMask: false,
    losses: new Map<string, TheirLoss>([
      ['ce', { name: 'cross_entropy' }],
      ['forward_kl', { name: 'kl' }],
      ['jsd', { name: 'jsd', is: () => only('jsd', { beta: 0.5 }), note: noBeta }],
      [
        'jsd_normalised',
        { name: 'jsd', is: () => only('jsd', { beta: 0.5 }), note: `${noBeta}, and ${undivided}` },
      ],
      ['total_variation', { name: 'tvd' }],
      ['hinge', { name: 'hinge', temperature: 1, reduction: overPairs }],
      ['logistic_rank', { name: 'logistic_ranking', reduction: overPairs }],
      ['sparse_renormalise', { name: 'kl with missing_probability_handling: zero' }],
      ['sparse_tail', { name: 'kl with missing_probability_handling: symmetric_uniform' }],
      ['hidden_mse', { name: 'hs_mse' }],
      ['hidden_cosine', { name: 'hs_cosine' }],
    ]),
  },
  {
    id: 'trl',
    title: 'TRL (GKD)',
    source: 'huggingface/trl f2cd577 (2026-07), GKDTrainer.generalized_jsd_loss',
    note: 'GKDTrainer leaves T at 1 in the loss, its temperature (.9) only samples; DistillationTrainer takes T',
    mixing: 'the teacher alone: labels only say which tokens count',
    mix: { mixing: 'share', mix: 1, labelWeight: 0 },
    reduction: 'sum over the tokens, divided by the tokens whose label is not −100',
    shift: 'logits from the last prompt token to the one before the end, against labels one to the right',
    heldAgainst: 'next',
    scaleByT2: false,
    temperature: null,
    ignoresMask: false,
    losses: new Map<string, TheirLoss>([
      ['forward_kl', { name: 'generalized_jsd_loss with beta = 0' }],
      ['reverse_kl', { name: 'generalized_jsd_loss with beta = 1' }],
      ['jsd', { name: 'generalized_jsd_loss', is: gkdJsd, note: jsdEnds }],
      ['jsd_normalised', { name: 'generalized_jsd_loss', is: gkdJsd, note: undivided }],
      ['sparse_tail', { name: 'loss_top_k with loss_add_tail', note: forwardOnly }],
      ['sparse_renormalise_both', { name: 'loss_top_k without loss_add_tail', note: forwardOnly }],
    ]),
  },
  {
    id: 'liger',
    title: 'Liger Kernel',
    source: 'linkedin/Liger-Kernel ead96b6 (2026-08), chunked_loss',
    mixing:
      '½ · cross-entropy + ½ · distillation (weight_hard_loss, weight_soft_loss), cross-entropy at T = 1',
    mix: { mixing: 'share', mix: 0.5, labelWeight: 0.5 },
    reduction: 'sum over the tokens, divided by the tokens whose label is not ignore_index',
    shift: 'the caller hands over labels that are shifted already',
    heldAgainst: 'next',
    scaleByT2: false,
    temperature: null,
    ignoresMask: false,
    losses: new Map<string, TheirLoss>([
      ['forward_kl', { name: 'LigerFusedLinearJSD with beta = 0' }],
      ['reverse_kl', { name: 'LigerFusedLinearJSD with beta = 1' }],
      [
        'jsd',
        {
          name: 'LigerFusedLinearJSD',
          is: gkdJsd,
          note: `${jsdEnds}; releases before 2025-08 mixed m = βq + (1 − β)p in the chunked form`,
        },
      ],
      ['jsd_normalised', { name: 'LigerFusedLinearJSD', is: gkdJsd, note: undivided }],
      [
        'logit_cosine',
        {
          name: 'LigerFusedLinearCosineSimilarity',
          is: () => only('logit_cosine', {}, 0.5),
          note: 'its beta, .5 unless told, multiplies it; ignored tokens are in its sum, though not in the number that divides it',
        },
      ],
    ]),
  },
  {
    id: 'mdistiller',
    title: 'mdistiller',
    source: 'megvii-research/mdistiller, mdistiller/distillers (2023)',
    mixing:
      '.1 · cross-entropy + .9 · KD; DKD: 1 · cross-entropy + its own weights, warmed up over 20 epochs',
    mix: { mixing: 'share', mix: 0.9, labelWeight: 0.1 },
    reduction: 'mean over the batch',
    shift: 'nothing is shifted, it classifies images',
    heldAgainst: 'own',
    scaleByT2: true,
    temperature: null,
    ignoresMask: true,
    losses: new Map<string, TheirLoss>([
      ['ce', { name: 'CE' }],
      ['forward_kl', { name: 'KD', usualTemperature: 4 }],
      ['decoupled', { name: 'DKD', usualTemperature: 4, mix: { mixing: 'sum', mix: 1, labelWeight: 1 } }],
      ['relational', { name: 'RKD' }],
      ['similarity_preserving', { name: 'SP' }],
      ['hidden_mse', { name: 'FITNET' }],
    ]),
  },
  {
    id: 'textbrewer',
    title: 'TextBrewer',
    source: 'airaria/TextBrewer, src/textbrewer/losses.py (2023)',
    mixing: 'kd_loss_weight (1) · KD + hard_label_weight (0) · labels + weights of the intermediate matches',
    mix: { mixing: 'sum', mix: 1, labelWeight: 0 },
    reduction: 'mean over every row, padding included, unless its adaptor gives a logits_mask',
    shift: 'nothing is shifted',
    heldAgainst: 'own',
    note: 'its configuration takes T = 4 where none is given, its loss functions 1',
    scaleByT2: false,
    temperature: null,
    ignoresMask: true,
    losses: new Map<string, TheirLoss>([
      ['forward_kl', { name: 'kd_ce_loss', is: () => only('soft_ce'), note: entropyKept }],
      ['soft_ce', { name: 'kd_ce_loss' }],
      [
        'logit_mse',
        {
          name: 'kd_mse_loss',
          is: ({ temperature }) => only('logit_mse', {}, temperature ** -2),
          note: 'both logits are divided by T first',
        },
      ],
      ['hidden_mse', { name: 'hidden_mse' }],
      ['hidden_cosine', { name: 'cos' }],
      ['hidden_normalised_mse', { name: 'pkd' }],
      ['gram', { name: 'nst', note: 'among the tokens of each text, not among all rows of the batch' }],
    ]),
  },
  {
    id: 'torchtune',
    title: 'torchtune',
    source: 'pytorch/torchtune 104b38f (2025), modules/loss/kd_losses.py',
    mixing: '(1 − kd_ratio) · cross-entropy + kd_ratio · KD, kd_ratio = .5',
    mix: { mixing: 'share', mix: 0.5, labelWeight: 0.5 },
    reduction: 'sum over the tokens, divided by the tokens whose label is not ignore_index',
    shift: 'labels are moved one to the left and the last is ignored',
    heldAgainst: 'next',
    scaleByT2: false,
    temperature: 1,
    ignoresMask: false,
    losses: new Map<string, TheirLoss>([
      ['ce', { name: 'class_loss' }],
      ['forward_kl', { name: 'ForwardKLLoss', is: () => only('soft_ce'), note: entropyKept }],
      ['soft_ce', { name: 'ForwardKLLoss' }],
      ['reverse_kl', { name: 'ReverseKLLoss' }],
      [
        'jeffreys',
        {
          name: 'SymmetricKLLoss',
          is: ({ parameters: { lambda = 0.5 } }) => [
            ...only('soft_ce', {}, 1 - lambda),
            ...only('reverse_kl', {}, lambda),
          ],
          note: 'our λ is 1 − sym_kd_ratio, and its forward part is soft cross-entropy',
        },
      ],
    ]),
  },
];

const byId: ReadonlyMap<string, Toolkit> = new Map(toolkits.map((toolkit) => [toolkit.id, toolkit]));

/** The toolkit of that name, which may come from outside; undefined where there is none. */
export function findToolkit(id: string): Toolkit | undefined {
  return byId.get(id);
}

/** Null where it is the usual 1. */
export function usualTemperature(id: string, toolkit: Toolkit): number | null {
  return toolkit.losses.get(id)?.usualTemperature ?? null;
}

/** How the toolkit mixes this loss with the labels. */
export function mixOf(id: string, toolkit: Toolkit): ToolkitMix {
  return toolkit.losses.get(id)?.mix ?? toolkit.mix;
}

/** Of rows that follow each other in a text: whether this loss holds one against label and mask of the next. */
export function isShifted(id: string, toolkit: Toolkit): boolean {
  if (toolkit.heldAgainst !== 'next for labels') return toolkit.heldAgainst === 'next';
  return id === 'ce' || id === 'label_smoothing';
}

/** The same loss as the toolkit computes it. A loss that it lacks keeps its formula and takes the toolkit's T² and rows. */
export function translate(setting: LossSetting, toolkit: Toolkit): Translated {
  const theirs = toolkit.losses.get(setting.id);
  const temperature = theirs?.temperature ?? toolkit.temperature ?? setting.temperature;
  const { scaleByT2, ignoresMask } = toolkit;
  const parts = theirs?.is?.({ ...setting, temperature }) ?? only(setting.id, setting.parameters);
  const same = parts.length === 1 && parts[0]?.id === setting.id;
  const notes = [
    theirs === undefined
      ? `${toolkit.title} has no ${setting.id}: ours is computed, with its T² and its rows.`
      : `${setting.id} is ${theirs.name} in ${toolkit.title}.`,
    ...(same ? [] : [`Computed as ${parts.map(worded).join(' + ')}.`]),
    ...[theirs?.note, toolkit.note].flatMap((note) => (note === undefined ? [] : [`Note: ${note}.`])),
    ...(temperature === setting.temperature
      ? []
      : [`T is ${temperature}: the loss has no temperature of its own there.`]),
    ...(scaleByT2 === setting.scaleByT2
      ? []
      : [scaleByT2 ? 'T² multiplies loss and gradient.' : 'T² does not multiply the loss.']),
    `Rows: ${theirs?.reduction ?? toolkit.reduction}.`,
    `In a language model: ${toolkit.shift}.`,
    `Beside the labels: ${toolkit.mixing}.`,
  ];
  return { parts, temperature, scaleByT2, ignoresMask, notes };
}

function worded({ id, weight }: Part): string {
  return weight === 1 ? id : `${weight} · ${id}`;
}
