/** The catalogue's divergences between the two KLs: from a mixture of student and teacher, or of both directions. */
import { distillm, gkd, parameterOf, type TermEntry } from './entry.ts';

export const mixtureLosses: readonly TermEntry[] = [
  {
    id: 'jsd',
    title: 'Jensen–Shannon',
    about: 'Come to a mixture of both: between covering everything and choosing one answer, and bounded.',
    formula: 'L = β KL(p ‖ m) + (1 − β) KL(q ‖ m),  m = βp + (1 − β)q',
    gradient: '(1 − β) q_j (ℓ_j − Σ q ℓ)/T,  ℓ = log q − log m',
    source: gkd,
    needs: ['teacherLogits'],
    parameters: [
      parameterOf(
        'jsd',
        'beta',
        'β',
        'Forward ⟷ reverse',
        'Exactly 0 is forward KL and exactly 1 reverse KL; near the ends the loss itself goes to 0',
      ),
    ],
    conventions: [
      { who: 'TRL (GKD), Liger', differs: 'the same, ends included; no T²: turn it off to compare' },
      { who: 'DistiLLM', differs: 'm = (1 − λ)p + λq: λ is our 1 − β' },
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
    source: `${gkd}, divided by β(1 − β)`,
    needs: ['teacherLogits'],
    parameters: [
      parameterOf(
        'jsd_normalised',
        'beta',
        'β',
        'Forward ⟷ reverse',
        '0, 1 or within .02 … .98; nearer to an end is rounded, since float32 loses it there',
      ),
    ],
    conventions: [
      { who: 'TRL (GKD), Liger', differs: 'not divided by β(1 − β): theirs at β = .5 is a quarter of ours' },
      { who: 'DistiLLM', differs: 'm = (1 − λ)p + λq: λ is our 1 − β' },
      { who: 'TRL (GKD), Liger', differs: 'special cases at β = 0 and 1: forward and reverse KL, as here' },
    ],
    defaultWeight: 1,
    softened: true,
    lowest: 'zero',
  },
  {
    id: 'jeffreys',
    title: 'Jeffreys',
    about: 'Both KLs at once: cover what the teacher finds likely, and put nothing where it puts nothing.',
    formula: 'L = (1 − λ) KL(p ‖ q) + λ KL(q ‖ p)',
    gradient: '((1 − λ)(q_j − p_j) + λ q_j (log q_j − log p_j − KL(q ‖ p)))/T',
    source: 'Jeffreys 1946, doi:10.1098/rspa.1946.0056',
    needs: ['teacherLogits'],
    parameters: [
      parameterOf('jeffreys', 'lambda', 'λ', 'Forward ⟷ reverse', '0 is forward KL, 1 reverse KL'),
    ],
    conventions: [
      { who: 'torchtune', differs: '“symmetric KL”, T fixed at 1, its forward part a soft cross-entropy' },
      { who: 'the textbook', differs: 'adds both without a half: twice ours at λ = .5' },
    ],
    defaultWeight: 1,
    softened: true,
    lowest: 'zero',
  },
  {
    id: 'skew_kl',
    title: 'Skewed forward KL',
    about:
      'Cover the teacher’s answers, with the student helped by a little of the teacher: no class weighs without bound.',
    formula: 'L = KL(p ‖ m),  m = λp + (1 − λ)q',
    gradient: '(1 − λ) q_j (Σ q w − w_j)/T,  w = p/m ≤ 1/λ',
    source: distillm,
    needs: ['teacherLogits'],
    parameters: [parameterOf('skew_kl', 'lambda', 'λ', 'Skew', '0 is forward KL; towards 1 nothing is left')],
    conventions: [
      { who: 'DistiLLM', differs: 'λ = .1, T fixed at 1, mean over the tokens that are not masked' },
    ],
    defaultWeight: 1,
    softened: true,
    lowest: 'zero',
  },
  {
    id: 'skew_reverse_kl',
    title: 'Skewed reverse KL',
    about:
      'Put nothing where the teacher puts nothing, judged against a mixture that the student has a part in.',
    formula: 'L = KL(q ‖ m),  m = (1 − λ)p + λq',
    gradient: 'q_j (a_j − Σ q a)/T,  a = log q − log m − λ q/m',
    source: distillm,
    needs: ['teacherLogits'],
    parameters: [
      parameterOf('skew_reverse_kl', 'lambda', 'λ', 'Skew', '0 is reverse KL; towards 1 nothing is left'),
    ],
    conventions: [
      { who: 'DistiLLM', differs: 'λ = .1, T fixed at 1, mean over the tokens that are not masked' },
    ],
    defaultWeight: 1,
    softened: true,
    lowest: 'zero',
  },
];
