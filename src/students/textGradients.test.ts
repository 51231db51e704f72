// Students of text on the float64 reference: every parameter's gradient, through attention, embeddings, positions and
// gates, against fourth-order central differences, to 1e-7 in norm; and a planted error of one in ten thousand is caught.
import { expect, test } from 'vitest';
import type { TermId } from '../kernels/rowTerms.ts';
import type { StudentSpec } from '../spec/runSpec.ts';
import { type GradientCase, gradientErrorOf } from './gradientTests.ts';

const all: readonly TermId[] = ['forward_kl', 'reverse_kl', 'jsd_normalised', 'logit_mse'];
const text = { inputShape: [5], text: true, terms: ['forward_kl'] } as const;
const transformer: Extract<StudentSpec, { kind: 'transformer' }> = {
  ...{ kind: 'transformer', layers: 1, width: 4, heads: 2, kvHeads: 2 },
  ...{ norm: 'rms', positions: 'rotary', mlp: 'gelu', tied: false, dropout: 0 },
};
const causalConv: Extract<StudentSpec, { kind: 'causal_conv' }> = {
  ...{ kind: 'causal_conv', layers: 2, width: 3, kernel: 3, activation: 'tanh', tied: false, dropout: 0 },
};
const pairs = [{ student: 0, teacher: 'h' }];

const cases: readonly (readonly [string, GradientCase])[] = [
  [
    'grouped heads, RMS, rotary positions, SwiGLU, a tied head, four losses',
    {
      ...text,
      terms: all,
      student: { ...transformer, width: 8, heads: 4, kvHeads: 2, mlp: 'swiglu', tied: true },
    },
  ],
  [
    'two layers, layer normalisation, learned positions, GELU',
    {
      ...text,
      student: { ...transformer, layers: 2, norm: 'layer', positions: 'learned' },
    },
  ],
  [
    'one head of keys for two of queries, a tied head, dropout',
    {
      ...text,
      student: { ...transformer, kvHeads: 1, tied: true, dropout: 0.3 },
    },
  ],
  ['one position', { ...text, inputShape: [1], student: { ...transformer, mlp: 'swiglu' } }],
  [
    'a hidden state at every position',
    {
      ...text,
      student: transformer,
      hidden: { loss: 'hidden_mse', weight: 1, pairs: [...pairs], maps: 'pool' },
    },
  ],
  [
    'weights of attention, and values, of one layer with grouped heads',
    {
      ...text,
      student: { ...transformer, kvHeads: 1 },
      hidden: {
        loss: 'attention_kl',
        weight: 1,
        pairs: [...pairs, { student: 0, teacher: 'v', loss: 'value_relation_kl' }],
        maps: 'pool',
        balance: false,
      },
      widths: [4 * 5, 3],
    },
  ],
  ['causal convolutions', { ...text, student: causalConv }],
  [
    'causal convolutions with GELU and a tied head, dropout',
    {
      ...text,
      student: { ...causalConv, kernel: 2, activation: 'gelu', tied: true, dropout: 0.3 },
    },
  ],
  [
    'causal convolutions with rectifiers, each position alone',
    {
      ...text,
      student: { ...causalConv, kernel: 1, activation: 'relu' },
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
  const one: GradientCase = { ...text, student: { ...transformer, tied: true } };
  expect((await gradientErrorOf(one, 1.0001)).error).toBeGreaterThan(1e-5);
});
