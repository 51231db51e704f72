// Whole students on the float64 reference: every parameter's gradient, through every op and loss, against fourth-order
// central differences, to 1e-7 in norm; and a planted error of one in ten thousand is caught.
import { expect, test } from 'vitest';
import { relationKinds } from '../kernels/relationSums.ts';
import type { TermId } from '../kernels/rowTerms.ts';
import { type GradientCase, gradientErrorOf } from './gradientTests.ts';

const mlp = { kind: 'mlp', hidden: [7, 6], activation: 'tanh', norm: 'none', dropout: 0 } as const;
const cnn = {
  kind: 'cnn',
  channels: [3, 8],
  pool: 'average',
  norm: 'none',
  hidden: 5,
  activation: 'tanh',
  dropout: 0,
} as const;
const all: readonly TermId[] = ['forward_kl', 'reverse_kl', 'jsd_normalised', 'logit_mse'];
const pair = { weight: 1, pairs: [{ student: 0, teacher: 'h' }], maps: 'pool' } as const;

const cases: readonly (readonly [string, GradientCase])[] = [
  ['tanh layers with four losses', { student: { ...mlp, hidden: [7, 6] }, inputShape: [6], terms: all }],
  [
    'rectifiers',
    { student: { ...mlp, hidden: [7, 6], activation: 'relu' }, inputShape: [6], terms: ['forward_kl'] },
  ],
  ['GELU', { student: { ...mlp, hidden: [7, 6], activation: 'gelu' }, inputShape: [6], terms: ['soft_ce'] }],
  [
    'layer normalisation',
    { student: { ...mlp, hidden: [7, 6], norm: 'layer' }, inputShape: [6], terms: ['forward_kl'] },
  ],
  [
    'layer normalisation with rectifiers',
    {
      student: { ...mlp, hidden: [9], norm: 'layer', activation: 'relu' },
      inputShape: [6],
      terms: ['reverse_kl'],
    },
  ],
  ['dropout', { student: { ...mlp, hidden: [7, 6], dropout: 0.4 }, inputShape: [6], terms: ['forward_kl'] }],
  ['no hidden layer', { student: { ...mlp, hidden: [] }, inputShape: [6], terms: ['hard_ce'] }],
  ['labels alone', { student: { ...mlp, hidden: [7] }, inputShape: [6], terms: [] }],
  [
    'an image read as a row',
    { student: { ...mlp, hidden: [7] }, inputShape: [1, 3, 4], terms: ['forward_kl'] },
  ],
  [
    'a projected hidden state, mean squared error',
    {
      student: { ...mlp, hidden: [7, 6] },
      inputShape: [6],
      terms: ['forward_kl'],
      hidden: { ...pair, pairs: [...pair.pairs], loss: 'hidden_mse' },
    },
  ],
  [
    'a projected hidden state, cosine',
    {
      student: { ...mlp, hidden: [7, 6], dropout: 0.3 },
      inputShape: [6],
      terms: ['forward_kl'],
      hidden: { ...pair, pairs: [...pair.pairs], loss: 'hidden_cosine' },
    },
  ],
  ...relationKinds.map((loss): readonly [string, GradientCase] => [
    `${loss} of a rectified layer`,
    {
      student: { ...mlp, hidden: [7, 6], activation: 'relu' },
      inputShape: [6],
      terms: ['forward_kl'],
      hidden: { ...pair, pairs: [...pair.pairs], loss, sigma: 1, projection: 'normal' },
    },
  ]),
  [
    'two pairs of layers, one of them the same',
    {
      student: { ...mlp, hidden: [7, 6], norm: 'layer' },
      inputShape: [6],
      terms: ['forward_kl'],
      hidden: { ...pair, pairs: [...pair.pairs, { student: 0, teacher: 'g' }], loss: 'linear_cka' },
    },
  ],
  [
    'convolution and average pooling',
    { student: { ...cnn, channels: [3, 8] }, inputShape: [2, 6, 5], terms: ['forward_kl'] },
  ],
  [
    'convolution, maximum pooling, rectifiers',
    {
      student: { ...cnn, channels: [3, 8], pool: 'max', activation: 'relu' },
      inputShape: [2, 6, 5],
      terms: ['forward_kl'],
    },
  ],
  [
    'group normalisation and GELU',
    {
      student: { ...cnn, channels: [4], norm: 'group', activation: 'gelu', hidden: 0 },
      inputShape: [1, 4, 4],
      terms: ['forward_kl'],
    },
  ],
  [
    'group normalisation in two groups',
    {
      student: { ...cnn, channels: [16], norm: 'group', hidden: 0 },
      inputShape: [1, 4, 4],
      terms: ['forward_kl'],
    },
  ],
  [
    'a pooled map as hidden state',
    {
      student: { ...cnn, channels: [3] },
      inputShape: [1, 4, 4],
      terms: ['forward_kl'],
      hidden: { ...pair, pairs: [...pair.pairs], loss: 'hidden_mse' },
    },
  ],
];

test.each(cases)(
  '%s: the gradient of every parameter is that of the loss',
  async (_, one) => {
    const { error, kinks, count } = await gradientErrorOf(one);
    expect(error).toBeLessThan(1e-7);
    expect(kinks).toBeLessThan(0.2 * count);
  },
  180_000,
);

test('a gradient that is wrong by one in ten thousand is caught', async () => {
  const [first] = cases;
  if (first === undefined) throw new Error('no case');
  expect((await gradientErrorOf(first[1], 1.0001)).error).toBeGreaterThan(1e-5);
});
