/** The catalogue's losses on answers: the labels', the teacher's own, and a teacher put right by the labels. */
import { parameterOf, type TermEntry } from './entry.ts';

/** The labels' own loss, in every arm that uses labels. They may also be terms. */
export const labelLosses: readonly TermEntry[] = [
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
      parameterOf(
        'label_smoothing',
        'epsilon',
        'ε',
        'Smoothing',
        '0 is cross-entropy; a teacher trained with smoothing has no dark knowledge left',
      ),
    ],
    conventions: [{ who: 'PyTorch', differs: 'nothing: label_smoothing of CrossEntropyLoss' }],
    defaultWeight: 1,
    softened: false,
    lowest: 'entropy',
  },
];

export const answerLosses: readonly TermEntry[] = [
  {
    id: 'hard_ce',
    title: 'The teacher’s hard answers',
    about: 'The teacher’s own answer is the label, however sure it is: pseudo-labels.',
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
    id: 'corrected_teacher',
    title: 'Corrected teacher (MFT)',
    about:
      'Follow the teacher where it is right; where it is wrong, a teacher moved until the label leads by τ.',
    formula:
      'L = KL(p′ ‖ q),  p′ = (1 − f)p + f·1_y,  f = (p_max − p_y + τ)/(1 + p_max − p_y) where argmax p ≠ y, else 0',
    gradient: '(q_j − p′_j)/T',
    source: 'Belcak et al. 2025 (mini-finetuning), arXiv:2506.15702',
    needs: ['labels', 'teacherLogits'],
    parameters: [
      parameterOf(
        'corrected_teacher',
        'tau',
        'τ',
        'Lead of the label',
        'Of the corrected probabilities over the class that led before; below 1',
      ),
    ],
    conventions: [
      { who: 'ModelOpt', differs: 'τ = .2; T² does not apply here: multiply by it to compare with KL × T²' },
    ],
    defaultWeight: 1,
    softened: true,
    lowest: 'zero',
  },
];
