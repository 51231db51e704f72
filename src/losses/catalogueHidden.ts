/** The catalogue's losses on hidden states. */
import type { Entry } from './entry.ts';

export interface HiddenEntry extends Entry {
  readonly id: 'hidden_mse' | 'hidden_cosine';
}

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
