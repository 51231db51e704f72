/** The catalogue's losses on logits, and those that take the softened rows apart or look at their shape alone. */
import { parameterOf, type TermEntry } from './entry.ts';

export const logitLosses: readonly TermEntry[] = [
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
  {
    id: 'probability_mse',
    title: 'Mean squared error of probabilities',
    about: 'Repeat the softened probabilities; classes that both find unlikely count for almost nothing.',
    formula: 'L = (1/V) Σ (q − p)²',
    gradient: 'q_j (a_j − Σ q a)/T,  a = 2(q − p)/V',
    source: 'The Brier score against the teacher: Brier 1950',
    needs: ['teacherLogits'],
    parameters: [],
    conventions: [
      { who: 'KD-Lib', differs: 'T = 20, × T²: as here with T² on' },
      { who: 'Brier', differs: 'sums over the classes: V times ours' },
    ],
    defaultWeight: 1,
    softened: true,
    lowest: 'zero',
  },
  {
    id: 'logit_cosine',
    title: 'Cosine of logits',
    about:
      'Point where the teacher’s logits point; how long they are does not matter, their common offset does.',
    formula: 'L = 1 − cos(z, u)',
    gradient: '−(û_j − cos·ẑ_j)/‖z‖',
    source: 'Liger Kernel, fused linear cosine loss',
    needs: ['teacherLogits'],
    parameters: [],
    conventions: [{ who: 'Liger', differs: 'divides both by T first, which changes nothing' }],
    defaultWeight: 1,
    softened: false,
    lowest: 'zero',
  },
];

export const partLosses: readonly TermEntry[] = [
  {
    id: 'decoupled',
    title: 'Decoupled (DKD)',
    about:
      'Be as sure of the label as the teacher, and rank the other classes as it does: two weights instead of one.',
    formula: 'L = T²·(α TCKD + β NCKD);  KL = TCKD + (1 − p_y) NCKD',
    gradient:
      'at y: T α (q_y − p_y);  else T(−α (q_y − p_y) q̂_j + β (q̂_j − p̂_j)),  hats over the other classes',
    source: 'Zhao et al. 2022 (DKD), arXiv:2203.08679',
    needs: ['labels', 'teacherLogits'],
    parameters: [
      parameterOf('decoupled', 'alpha', 'α', 'Target class', 'How much the certainty about the label counts'),
      parameterOf(
        'decoupled',
        'beta',
        'β',
        'Other classes',
        'How much the order of the others counts; in KL it is 1 − p_y, little where the teacher is sure',
      ),
    ],
    conventions: [
      { who: 'mdistiller', differs: 'the same: T = 4, α = 1, β = 8, T² within, a warm-up of the weight' },
    ],
    defaultWeight: 1,
    softened: true,
    lowest: 'zero',
  },
  {
    id: 'standardised_kl',
    title: 'KL of standardised logits',
    about: 'Repeat the shape of the logits; their mean and spread are the student’s own affair.',
    formula: 'L = KL(softmax(ũ/T) ‖ softmax(z̃/T)),  z̃ = (z − mean z)/(σ_z + ε)',
    gradient: '(g_j − ḡ − z̃_j ((σ + ε)/σ) Σ g z̃/(V − 1))/(σ + ε),  g = (q − p)/T',
    source: 'Sun et al. 2024 (logit standardisation), arXiv:2403.01427',
    needs: ['teacherLogits'],
    parameters: [
      parameterOf(
        'standardised_kl',
        'epsilon',
        'ε',
        'Floor of the spread',
        'Keeps a row of nearly equal logits from being blown up; a row without spread has no loss',
      ),
    ],
    conventions: [
      { who: 'its authors', differs: 'KL × T² and a weight of 9: set both to compare; σ unbiased, as here' },
    ],
    defaultWeight: 1,
    softened: true,
    lowest: 'zero',
  },
  {
    id: 'dist_inter',
    title: 'Correlation within a row (DIST)',
    about: 'Let probabilities rise and fall with the teacher’s; by how much is left to the student.',
    formula: 'L = T²·(1 − Pearson(q, p))',
    gradient: 'q_j (a_j − Σ q a)/T,  a = −T² (p̂ − r·q̂)/‖q − 1/V‖,  centred unit vectors',
    source: 'Huang et al. 2022 (DIST), arXiv:2205.10536',
    needs: ['teacherLogits'],
    parameters: [],
    conventions: [
      {
        who: 'its authors',
        differs: 'the same, with τ = 1 and β = γ = 1 beside the correlation over the batch',
      },
    ],
    defaultWeight: 1,
    softened: true,
    lowest: 'zero',
  },
];
