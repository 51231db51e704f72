// Sampling: the GPU draws what the reference draws, as often as the softmax says, and never writes into a prompt.
import { expect, test } from 'vitest';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { sampleToken } from './sampleToken.ts';

function inputs(batch: number, classes: number, positions: number, at: number, prompt: number) {
  return [
    randomFloats(batch * classes, 2, 3),
    new Uint32Array(batch).fill(prompt),
    Uint32Array.from({ length: batch * positions }, (_, i) => 1000 + i),
    new Uint32Array(batch).fill(at),
    Uint32Array.from({ length: batch }, (_, b) => b * positions + at),
  ];
}

test.each([
  [1, 2, 2],
  [3, 63, 5],
  [2, 65, 4],
  [1, 1_031, 3],
])('%i sequences over %i tokens, at temperatures 0, .7 and 1', async (batch, classes, positions) => {
  for (const temperature of [0, 0.7, 1]) {
    const given = inputs(batch, classes, positions, 0, 1);
    await checkKernel(sampleToken, { batch, classes, positions }, given, { live: { temperature, seed: 5 } });
  }
});

test('10,000 draws follow the softmax at their temperature', async () => {
  const [batch, classes] = [10_000, 4];
  const row = [1, 0, -1, 0.5];
  const logits = Float32Array.from({ length: batch * classes }, (_, i) => row[i % classes] ?? 0);
  const given = inputs(batch, classes, 2, 0, 1).with(0, logits);
  const live = { temperature: 2, seed: 11, step: 3 };
  const { gpu } = await checkKernel(sampleToken, { batch, classes, positions: 2 }, given, { live });
  const counts = [0, 0, 0, 0];
  for (let b = 0; b < batch; b++) {
    const token = gpu[2]?.[2 * b + 1] ?? 0;
    counts[token] = (counts[token] ?? 0) + 1;
  }
  const weights = row.map((z) => Math.exp(z / 2));
  const total = weights.reduce((sum, w) => sum + w, 0);
  // Four standard deviations of a count of 10,000 are at most 200.
  counts.forEach((n, token) => {
    expect(Math.abs(n - (batch * (weights[token] ?? 0)) / total)).toBeLessThan(200);
  });
});

test('a prompt stays, and a sequence that is full moves no further', async () => {
  const params = { batch: 1, classes: 3, positions: 4 };
  const inPrompt = await checkKernel(sampleToken, params, inputs(1, 3, 4, 0, 2));
  expect([...(inPrompt.gpu[2] ?? [])]).toEqual([1000, 1001, 1002, 1003]);
  expect([inPrompt.gpu[3]?.[0], inPrompt.gpu[4]?.[0]]).toEqual([1, 1]);
  const full = await checkKernel(sampleToken, params, inputs(1, 3, 4, 3, 2));
  expect([...(full.gpu[2] ?? [])]).toEqual([1000, 1001, 1002, 1003]);
  expect([full.gpu[3]?.[0], full.gpu[4]?.[0]]).toEqual([3, 3]);
});
