/** The catalogue's losses that rank a row, draw from it, see only some of its classes, or look at whole columns. */
import { parameterOf, type TermEntry } from './entry.ts';

const k = (id: TermEntry['id'], note: string) => parameterOf(id, 'k', 'k', 'Classes', note);

export const rankedLosses: readonly TermEntry[] = [
  {
    id: 'adaptive_kl',
    title: 'Adaptive KL',
    about:
      'Forward KL where the student is off among the likely classes, reverse KL where it is off among the others.',
    formula: 'L = w_h KL(p ‖ q) + w_t KL(q ‖ p),  w = Σ|p − q| over head or tail / Σ|p − q|',
    gradient: 'w_h (q_j − p_j)/T + w_t q_j (log(q_j/p_j) − KL(q ‖ p))/T, the weights held',
    source: 'Wu et al. 2024, arXiv:2404.02657',
    needs: ['teacherLogits'],
    parameters: [
      parameterOf(
        'adaptive_kl',
        'mu',
        'μ',
        'Mass of the tail',
        '0 is forward KL; above the mass of all, reverse KL',
      ),
    ],
    conventions: [
      { who: 'DSKD', differs: 'the same with μ = .5, without T²; the tail is p sorted upwards, below μ' },
    ],
    defaultWeight: 1,
    softened: true,
    lowest: 'zero',
  },
  {
    id: 'sampled_reverse_kl',
    title: 'Reverse KL from a sample',
    about:
      'A policy gradient: the student draws an answer and is rewarded where the teacher finds it likelier.',
    formula: 'L = d · log q_y,  d = log q_y − log p_y held, y drawn from q',
    gradient: 'd (1[j = y] − q_j)/T, on average that of reverse KL',
    source: 'Gu et al. 2024 (MiniLLM), arXiv:2306.08543',
    needs: ['teacherLogits'],
    parameters: [],
    conventions: [
      { who: 'MiniLLM', differs: 'sums the reward over the rest of the sequence and clips it' },
      { who: 'TRL (GKD, β = 1)', differs: 'adds over all classes in place of drawing one: reverse KL here' },
    ],
    defaultWeight: 1,
    softened: true,
    lowest: 'none',
  },
  {
    id: 'dist_intra',
    title: 'DIST between samples',
    about:
      'Each class should rank the samples of a batch as the teacher’s does; how sure it is does not matter.',
    formula: 'L = T² mean over classes of (1 − Pearson of the columns q_j, p_j)',
    gradient: 'q_j (a_j − Σ q a)/T,  a = −(T²/V)(p̂ − c·q̂)/‖q − mean‖ down the column',
    source: 'Huang et al. 2022 (DIST), arXiv:2205.10536',
    needs: ['teacherLogits'],
    parameters: [],
    conventions: [
      { who: 'DIST, mdistiller', differs: 'β·inter + γ·intra with β = γ = 1; T² inside, as here' },
      { who: 'gradient', differs: '0 for a class that the whole batch finds equally likely' },
    ],
    defaultWeight: 1,
    softened: true,
    lowest: 'zero',
  },
  {
    id: 'sorted_l1',
    title: 'Universal (ULD)',
    about:
      'Be as sure as the teacher, rank by rank, whatever the classes are called: for unequal vocabularies.',
    formula: 'L = Σ_r |q_(r) − p_(r)|, both sorted downwards',
    gradient: 'q_j (a_j − Σ q a)/T,  a = sign(q_(r) − p_(r)) at the rank of j',
    source: 'Boizard et al. 2024, arXiv:2402.12030',
    needs: ['teacherLogits'],
    parameters: [],
    conventions: [{ who: 'ULD, TRL (GOLD)', differs: 'T = 1, sums over the tokens of the answer; no T²' }],
    defaultWeight: 1,
    softened: true,
    lowest: 'zero',
  },
  {
    id: 'hinge',
    title: 'Ranking with a margin',
    about: 'Keep the teacher’s k likeliest classes in its order, each ahead of the next ones by a margin.',
    formula: 'L = mean over pairs of relu(m − (q_i − q_l)),  p_i > p_l + ε among the top k',
    gradient: 'q_j (a_j − Σ q a)/T,  a_i −= 1/P, a_l += 1/P on active pairs',
    source: 'Herbrich, Graepel, Obermayer 2000; as a distillation loss in DistillKit',
    needs: ['teacherLogits'],
    parameters: [
      parameterOf('hinge', 'margin', 'm', 'Margin', 'of probabilities: 1 is never reached'),
      k('hinge', 'the teacher’s likeliest classes; more than there are mean all'),
      parameterOf(
        'hinge',
        'epsilon',
        'ε',
        'Least difference',
        'pairs that the teacher hardly tells apart are left out',
      ),
    ],
    conventions: [
      { who: 'DistillKit', differs: 'the same idea on the stored top classes, as the mean over pairs' },
    ],
    defaultWeight: 1,
    softened: true,
    lowest: 'ordered',
  },
  {
    id: 'logistic_rank',
    title: 'Ranking, logistic',
    about:
      'Keep the teacher’s k likeliest classes in its order; a pair that is far ahead still counts a little.',
    formula: 'L = mean over pairs of softplus(−(z_i − z_l)),  p_i > p_l + ε among the top k',
    gradient: 'g_i −= σ(z_l − z_i)/P, g_l += the same',
    source: 'Burges et al. 2005 (RankNet)',
    needs: ['teacherLogits'],
    parameters: [
      k('logistic_rank', 'the teacher’s likeliest classes; more than there are mean all'),
      parameterOf(
        'logistic_rank',
        'epsilon',
        'ε',
        'Least difference',
        'pairs that the teacher hardly tells apart are left out',
      ),
    ],
    conventions: [{ who: 'DistillKit', differs: 'the same on the stored top classes; no T² on logits' }],
    defaultWeight: 1,
    softened: false,
    lowest: 'approached',
  },
];

const stored = 'classes that are known; with all of them this is the dense divergence';

/** Against a teacher of whom only the k likeliest classes are known: K, and the rest as one. */
export const sparseLosses: readonly TermEntry[] = [
  {
    id: 'sparse_renormalise',
    title: 'Top k, renormalised',
    about:
      'The teacher’s k likeliest classes share all of its mass; the student loses whatever it has elsewhere.',
    formula: 'L = Σ_K p̃ (log p̃ − log q),  p̃ = p/Σ_K p',
    gradient: '(q_j − p̃_j)/T, p̃ = 0 off K',
    source: 'DistillKit',
    needs: ['teacherLogits'],
    parameters: [k('sparse_renormalise', stored)],
    conventions: [{ who: 'DistillKit', differs: 'missing_probability_handling: zero' }],
    defaultWeight: 1,
    softened: true,
    lowest: 'zero',
  },
  {
    id: 'sparse_tail',
    title: 'Top k and tail',
    about: 'The teacher’s k likeliest classes, and one more for all the rest together.',
    formula: 'L = Σ_K p log(p/q) + p_t log(p_t/q_t),  t: everything off K',
    gradient: 'on K (q_j − p_j)/T, off K (q_j − p_t ŝ_j)/T with ŝ the softmax over the rest',
    source: 'Hinton et al. 2015, arXiv:1503.02531, with the rest as one class',
    needs: ['teacherLogits'],
    parameters: [k('sparse_tail', stored)],
    conventions: [
      { who: 'TRL', differs: 'loss_add_tail' },
      { who: 'DistillKit', differs: 'symmetric_uniform' },
      { who: 'others', differs: 'take 1 − Σ for the tail, which float32 rounds to 0; here it is summed' },
    ],
    defaultWeight: 1,
    softened: true,
    lowest: 'zero',
  },
  {
    id: 'sparse_tail_reverse',
    title: 'Top k and tail, reverse',
    about: 'As top k and tail, but only what the student finds likely is judged.',
    formula: 'L = Σ_K q log(q/p) + q_t log(q_t/p_t)',
    gradient: 'q_j (r_j − Σ q r)/T,  r = log(q/p) on K, log(q_t/p_t) off K',
    source: 'Agarwal et al. 2024 (GKD), arXiv:2306.13649, with the rest as one class',
    needs: ['teacherLogits'],
    parameters: [k('sparse_tail_reverse', stored)],
    conventions: [
      {
        who: 'TRL',
        differs: 'loss_add_tail with β = 1, over the student’s likeliest classes, not the teacher’s',
      },
    ],
    defaultWeight: 1,
    softened: true,
    lowest: 'zero',
  },
  {
    id: 'sparse_renormalise_both',
    title: 'Top k alone',
    about:
      'Only the proportions among the teacher’s k likeliest classes count: what the student puts elsewhere is never punished.',
    formula: 'L = Σ_K p̃ (log p̃ − log q̃),  both made to sum to 1 over K',
    gradient: '(q̃_j − p̃_j)/T on K, 0 off K',
    source: 'axolotl (KD with normalize_topk)',
    needs: ['teacherLogits'],
    parameters: [k('sparse_renormalise_both', stored)],
    conventions: [{ who: 'axolotl', differs: 'normalize_topk: true' }],
    defaultWeight: 1,
    softened: true,
    lowest: 'zero',
  },
];
