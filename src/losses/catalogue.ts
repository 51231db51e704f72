/**
 * The catalogue of losses: what each is, where it comes from, what it needs, and how other toolkits name and scale it.
 * For the page and for exports; the computation is in kernels/ and shaders/distill. Notation: z student logits,
 * u teacher logits, q = softmax(z/T), p = softmax(u/T), V classes, y the label.
 */
import type { TermId } from '../kernels/rowTerms.ts';

export type Need = 'labels' | 'teacherLogits' | 'teacherHidden';

export interface LossParameter {
  /** Its name in a run's specification: `beta` of a term. */
  readonly name: 'beta' | 'smoothing';
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

interface Entry {
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
  /** Whether the temperature acts on it, and so T² where the run scales by it. */
  readonly softened: boolean;
  /** What it is at the best student: 0, or the entropy of its target. */
  readonly lowest: 'zero' | 'entropy';
}

/** A term of an arm's objective: its id is what a run's specification holds. */
export interface TermEntry extends Entry {
  readonly id: TermId;
}

export interface HiddenEntry extends Entry {
  readonly id: 'hidden_mse' | 'hidden_cosine';
}

/** The labels' own loss, in every arm that uses labels. */
export interface LabelEntry extends Entry {
  readonly id: 'ce' | 'label_smoothing';
}

const hinton = 'Hinton, Vinyals, Dean 2015, arXiv:1503.02531';
const noT2 = 'TRL, Liger, TextBrewer, TinyBERT, DSKD, ModelOpt (Megatron)';

export const labelLosses: readonly LabelEntry[] = [
  {
    id: 'ce',
    title: 'Cross-entropy with the labels',
    about: 'The true class should be likely.',
    formula: 'CE = −log softmax(z)_y',
    gradient: 'softmax(z)_j − 1[j = y]',
    source: 'Textbook',
    needs: ['labels'],
    parameters: [],
    conventions: [
      { who: 'DistillKit', differs: 'weight .5 beside the teacher' },
      { who: 'mdistiller', differs: 'weight .1 beside the teacher' },
      { who: 'torchtune', differs: '(1 − r)·CE + r·KD, as labels ⟷ teacher here' },
    ],
    defaultWeight: 0.1,
    softened: false,
    lowest: 'zero',
  },
  {
    id: 'label_smoothing',
    title: 'Label smoothing',
    about:
      'The true class should be likely, and all others a little: the baseline that distillation must beat.',
    formula: 'L = −(1 − ε) log softmax(z)_y − (ε/V) Σ log softmax(z)_j',
    gradient: 'softmax(z)_j − ((1 − ε)·1[j = y] + ε/V)',
    source: 'Szegedy et al. 2016, arXiv:1512.00567',
    needs: ['labels'],
    parameters: [
      {
        name: 'smoothing',
        symbol: 'ε',
        title: 'Smoothing',
        min: 0,
        max: 1,
        default: 0.1,
        note: '0 is cross-entropy; a teacher trained with smoothing has no dark knowledge left',
      },
    ],
    conventions: [{ who: 'PyTorch', differs: 'nothing: label_smoothing of CrossEntropyLoss' }],
    defaultWeight: 1,
    softened: false,
    lowest: 'entropy',
  },
];

export const termLosses: readonly TermEntry[] = [
  {
    id: 'forward_kl',
    title: 'Forward KL',
    about: 'Cover everything the teacher finds likely.',
    formula: 'KL(p ‖ q) = Σ p (log p − log q)',
    gradient: '(q_j − p_j)/T',
    source: hinton,
    needs: ['teacherLogits'],
    parameters: [],
    conventions: [
      { who: 'DistillKit, mdistiller, DistilBERT, ModelOpt (torch)', differs: 'KL × T², as here with T² on' },
      { who: noT2, differs: 'no T²: turn it off to compare' },
      {
        who: 'DistiLLM, MiniLLM, torchtune, TextBrewer, TinyBERT',
        differs: 'call soft cross-entropy by this name',
      },
      { who: 'TextBrewer', differs: 'mean over the rows; TRL: sum over the tokens divided by their number' },
    ],
    defaultWeight: 1,
    softened: true,
    lowest: 'zero',
  },
  {
    id: 'soft_ce',
    title: 'Soft cross-entropy',
    about: "Forward KL with the teacher's entropy added: the same gradient, another number.",
    formula: 'L = −Σ p log q = KL(p ‖ q) + H(p)',
    gradient: '(q_j − p_j)/T',
    source: hinton,
    needs: ['teacherLogits'],
    parameters: [],
    conventions: [
      {
        who: 'DistiLLM, MiniLLM, torchtune, TextBrewer, TinyBERT',
        differs: 'their “forward KL”; subtract H(p) to compare',
      },
    ],
    defaultWeight: 1,
    softened: true,
    lowest: 'entropy',
  },
  {
    id: 'reverse_kl',
    title: 'Reverse KL',
    about: 'Put nothing where the teacher puts nothing; one of its answers may be enough.',
    formula: 'KL(q ‖ p) = Σ q (log q − log p)',
    gradient: 'q_j (log q_j − log p_j − KL(q ‖ p))/T',
    source: 'Gu et al. 2024 (MiniLLM), arXiv:2306.08543; GKD at β = 1',
    needs: ['teacherLogits'],
    parameters: [],
    conventions: [
      { who: 'TRL (GKD)', differs: 'β = 1, no T²; its temperature .9 only samples' },
      { who: 'DistiLLM', differs: 'T fixed at 1 in the loss' },
    ],
    defaultWeight: 1,
    softened: true,
    lowest: 'zero',
  },
  {
    id: 'jsd_normalised',
    title: 'Jensen–Shannon, normalised',
    about: 'Between the two: forward KL at β = 0, reverse KL at β = 1, and continuous in between.',
    formula: 'L = (β KL(p ‖ m) + (1 − β) KL(q ‖ m)) / (β(1 − β)),  m = βp + (1 − β)q',
    gradient: 'q_j (ℓ_j − Σ q ℓ)/(β T),  ℓ = log q − log m',
    source: 'Agarwal et al. 2024 (GKD), arXiv:2306.13649, divided by β(1 − β)',
    needs: ['teacherLogits'],
    parameters: [
      {
        name: 'beta',
        symbol: 'β',
        title: 'Forward ⟷ reverse',
        min: 0,
        max: 1,
        default: 0.5,
        note: '0, 1 or within .02 … .98; nearer to an end is rounded, since float32 loses it there',
      },
    ],
    conventions: [
      { who: 'GKD (TRL), Liger', differs: 'not divided by β(1 − β): theirs at β = .5 is a quarter of ours' },
      { who: 'DistiLLM', differs: 'm = (1 − λ)p + λq: λ is our 1 − β' },
      { who: 'GKD (TRL), Liger', differs: 'special cases at β = 0 and 1: forward and reverse KL, as here' },
    ],
    defaultWeight: 1,
    softened: true,
    lowest: 'zero',
  },
  {
    id: 'hard_ce',
    title: "The teacher's hard answers",
    about: "The teacher's own answer is the label, however sure it is: pseudo-labels.",
    formula: 'L = −log softmax(z)_t,  t = argmax u',
    gradient: 'softmax(z)_j − 1[j = t]',
    source: 'Lee 2013 (Pseudo-Label); Kim, Rush 2016, arXiv:1606.07947, at the level of sequences',
    needs: ['teacherLogits'],
    parameters: [],
    conventions: [
      { who: 'many', differs: 'called pseudo-labelling or hard distillation; T and T² play no part' },
    ],
    defaultWeight: 1,
    softened: false,
    lowest: 'zero',
  },
  {
    id: 'logit_mse',
    title: 'Mean squared error of logits',
    about: 'Repeat the logits themselves, their common offset included.',
    formula: 'L = (1/V) Σ (z − u)²',
    gradient: '2(z_j − u_j)/V',
    source: 'Ba, Caruana 2014, arXiv:1312.6184',
    needs: ['teacherLogits'],
    parameters: [],
    conventions: [
      { who: 'TextBrewer', differs: 'divides both by T first: its value is ours/T²' },
      { who: 'KD-Lib', differs: 'of probabilities at T = 20, × T²' },
    ],
    defaultWeight: 1,
    softened: false,
    lowest: 'zero',
  },
];

export const hiddenLosses: readonly HiddenEntry[] = [
  {
    id: 'hidden_mse',
    title: 'Hidden states, mean squared error',
    about: "A learned projection of a student layer should repeat a layer of the teacher's.",
    formula: 'L = ‖W h − t‖²/d_t, mean over the pairs of layers',
    gradient: '2(W h − t)/d_t',
    source: 'Romero et al. 2015 (FitNets), arXiv:1412.6550',
    needs: ['teacherHidden'],
    parameters: [],
    conventions: [{ who: 'TinyBERT', differs: 'sums over layers; ours is their mean' }],
    defaultWeight: 1,
    softened: false,
    lowest: 'zero',
  },
  {
    id: 'hidden_cosine',
    title: 'Hidden states, cosine',
    about: "A learned projection of a student layer should point where a layer of the teacher's points.",
    formula: 'L = 1 − cos(W h, t), mean over the pairs of layers',
    gradient: '−(t̂ − cos·ŝ)/‖s‖,  s = W h',
    source: 'Sanh et al. 2019 (DistilBERT), arXiv:1910.01108',
    needs: ['teacherHidden'],
    parameters: [],
    conventions: [{ who: 'normalised MSE', differs: '‖ŝ − t̂‖² is twice this' }],
    defaultWeight: 1,
    softened: false,
    lowest: 'zero',
  },
];

const terms: ReadonlyMap<string, TermEntry> = new Map(termLosses.map((entry) => [entry.id, entry]));

/** The term with this id, which may come from outside; undefined where there is none. */
export function findTerm(id: string): TermEntry | undefined {
  return terms.get(id);
}
