import { expect, test } from 'vitest';
import type { HiddenSpec } from '../spec/runSpec.ts';
import { checkTaughtAttention } from './taughtAttention.ts';

const hidden: HiddenSpec = {
  ...{ loss: 'attention_kl', weight: 1, maps: 'pool', pairs: [{ student: 0, teacher: 'softmax_0' }] },
};
// Two tokens, one head: [1, 0] and [.3, .7].
const good = Float32Array.of(1, 0, 0.3, 0.7);
const check = (values: Float32Array<ArrayBuffer>, spec = hidden, size = 2) =>
  checkTaughtAttention(spec, { logits: null, hidden: [{ size, values }] }, 2);

test('weights of attention pass, and what is none is refused with its name', () => {
  check(good);
  check(Float32Array.of(1, 0, 0.301, 0.7));
  for (const [at, value] of [
    [2, -0.3],
    [3, 0.9],
    [0, 0.5],
  ] as const) {
    const bad = good.slice();
    bad[at] = value;
    expect(() => check(bad)).toThrow(expect.objectContaining({ code: 'attention-weights' }));
  }
  expect(() => check(good, hidden, 3)).toThrow('softmax_0');
});

test('tensors that another loss compares may hold anything', () => {
  const values = Float32Array.of(-5, 5, 9, 9);
  check(values, { ...hidden, pairs: [{ student: 0, teacher: 'v', loss: 'value_relation_kl' }] });
  check(values, { ...hidden, loss: 'hidden_mse' });
});
