import { expect, test } from 'vitest';
import { limits } from '../../spec/limits.ts';
import { hiddenLossesOf, layerWidths, pairsBy, togglePair, withPairLoss } from './layerMaps.ts';

const tensors = ['a', 'b', 'c', 'd', 'e', 'f'];
const teachers = (rule: Parameters<typeof pairsBy>[0], layers: number) =>
  pairsBy(rule, layers, tensors).map(({ teacher }) => teacher);

test('the uniform map goes from the first to the last tensor, the blocks take the first of each share', () => {
  expect(teachers('uniform', 3)).toEqual(['a', 'd', 'f']);
  expect(teachers('blocks', 3)).toEqual(['a', 'c', 'e']);
  expect(pairsBy('last', 3, tensors)).toEqual([{ student: 2, teacher: 'f' }]);
});

test('one layer learns the last tensor, and no layer learns none', () => {
  expect(teachers('uniform', 1)).toEqual(['f']);
  expect(pairsBy('uniform', 0, tensors)).toEqual([]);
  expect(pairsBy('blocks', 3, [])).toEqual([]);
});

test('a map never has more pairs than a run may', () => {
  expect(pairsBy('uniform', 16, tensors)).toHaveLength(limits.pairs.max);
  const full = pairsBy('uniform', 16, tensors);
  expect(togglePair(full, 15, 'a')).toEqual(full);
});

test('a pair is added, taken away again, and the last one stays', () => {
  const one = [{ student: 0, teacher: 'a' }];
  const two = togglePair(one, 1, 'b');
  expect(two).toHaveLength(2);
  expect(togglePair(two, 0, 'a')).toEqual([{ student: 1, teacher: 'b' }]);
  expect(togglePair(one, 0, 'a')).toEqual(one);
});

test('a convolutional student has its channels and its dense layer', () => {
  const rest = { pool: 'max', norm: 'none', activation: 'relu', dropout: 0 } as const;
  expect(layerWidths({ kind: 'cnn', channels: [8, 16], hidden: 32, ...rest })).toEqual([8, 16, 32]);
  expect(layerWidths({ kind: 'cnn', channels: [8, 16], hidden: 0, ...rest })).toEqual([8, 16]);
});

test('attention is compared where the student has some', () => {
  const rest = { norm: 'rms', positions: 'rotary', mlp: 'swiglu', tied: true, dropout: 0 } as const;
  const reader = { kind: 'transformer', layers: 1, width: 8, heads: 2, kvHeads: 1, ...rest } as const;
  expect(hiddenLossesOf(reader)).toContain('attention_kl');
  const plain = { norm: 'none', activation: 'relu', dropout: 0 } as const;
  expect(hiddenLossesOf({ kind: 'mlp', hidden: [8], ...plain })).not.toContain('attention_kl');
});

test('a pair has a distance of its own, or again that of all', () => {
  const pairs = [
    { student: 0, teacher: 'a' },
    { student: 0, teacher: 'b' },
  ];
  const own = withPairLoss(pairs, 1, 'value_relation_kl');
  expect(own).toEqual([pairs[0], { ...pairs[1], loss: 'value_relation_kl' }]);
  expect(withPairLoss(own, 1, undefined)).toEqual(pairs);
});
