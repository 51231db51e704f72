/** The catalogue's divergences of softened probabilities in one direction or the other. */
import { hinton, type TermEntry } from './entry.ts';

const noT2 = 'TRL, Liger, TextBrewer, TinyBERT, DSKD, ModelOpt (Megatron)';

export const divergenceLosses: readonly TermEntry[] = [
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
    about: 'Forward KL with the teacher’s entropy added: the same gradient, another number.',
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
    id: 'total_variation',
    title: 'Total variation',
    about:
      'Move as little probability as possible from class to class; where both agree the push stops all at once.',
    formula: 'L = ½ Σ |p − q|',
    gradient: 'q_j (a_j − Σ q a)/T,  a = ½ sign(q − p)',
    source: 'Wen et al. 2023 (f-DISTILL), arXiv:2307.15190',
    needs: ['teacherLogits'],
    parameters: [],
    conventions: [
      { who: 'f-DISTILL, DistiLLM', differs: 'the same with T fixed at 1, DistiLLM as `tvd`' },
      { who: 'those that say L1', differs: 'without the half: twice ours' },
    ],
    defaultWeight: 1,
    softened: true,
    lowest: 'zero',
  },
];
