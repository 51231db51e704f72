// Whole students on the float64 reference: every parameter's gradient, through every op and loss, against fourth-order
// central differences, to 1e-7 in norm; and a planted error of one in ten thousand is caught.
import { expect, test } from 'vitest';
import { numbersOf, ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { relationKinds } from '../kernels/relationSums.ts';
import type { TermId } from '../kernels/rowTerms.ts';
import { compileGradient, statsWidth } from '../ops/compile.ts';
import { hiddenSlot } from '../ops/hiddenLosses.ts';
import { sizeOf } from '../ops/tape.ts';
import type { HiddenSpec, StudentSpec } from '../spec/runSpec.ts';
import type { Placement } from '../tensor/executor.ts';
import { LiveBlock, liveWords } from '../tensor/live.ts';
import { RandomStream } from '../tensor/random.ts';
import { buildModel } from './build.ts';

const batch = 5;
const classes = 4;
const step = 1e-3;

interface Case {
  readonly student: StudentSpec;
  readonly inputShape: readonly number[];
  readonly terms: readonly TermId[];
  readonly hidden?: HiddenSpec;
}

/** The relative error, in norm, of the gradient over all parameters of a student; points near a kink are left out. */
async function gradientErrorOf({ student, inputShape, terms, hidden }: Case, planted = 1) {
  const widths = hidden?.pairs.map((_, i) => 3 + i) ?? [];
  const model = buildModel(student, {
    inputShape,
    inputDtype: 'f32',
    positions: 1,
    classes,
    maxElements: 2 ** 20,
    hidden: hidden === undefined ? null : { spec: hidden, widths },
  });
  const executor = new ReferenceExecutor('float64');
  const { program } = compileGradient(model, terms, { batch, software: true, accumulate: false });
  const placements = new Map<string, Placement>(
    program.slots.map((slot) => [
      slot.name,
      { storage: executor.allocate(slot.name, slot.dtype, slot.length) },
    ]),
  );
  const slot = (name: string) => {
    const placement = placements.get(name);
    if (placement === undefined) throw new Error(`no ${name}`);
    return numbersOf(placement.storage);
  };
  const random = new RandomStream(5, 0, 0);
  const fill = (name: string, scale: number) => {
    const numbers = slot(name);
    for (let i = 0; i < numbers.length; i++) numbers[i] = random.between(-scale, scale);
  };
  fill('input', 1);
  fill('teacher', 2);
  widths.forEach((_, i) => {
    fill(hiddenSlot(i), 1);
  });
  slot('labels').set([0, 3, 1, 2, 2]);
  slot('flags').set([3, 1, 3, 0, 3]);
  for (const [segment, numbers] of model.tape.table.initialise(3).entries()) {
    slot(`parameters.${segment}`).set(numbers);
  }
  // Biases and gains start at constants; move them, so that nothing is tested at a symmetric point.
  const parameters = slot('parameters.0');
  for (let i = 0; i < parameters.length; i++)
    parameters[i] = (parameters[i] ?? 0) + random.between(-0.1, 0.1);

  const live = executor.allocate('live', 'u32', liveWords);
  executor.write(live, liveNumbers(terms.length).words);
  const bound = executor.bind(program, placements, { storage: live, offset: 0 });
  const loss = () => {
    executor.run([bound]);
    let total = 0;
    for (let row = 0; row < batch; row++) total += slot('stats')[row * statsWidth] ?? 0;
    return total;
  };
  loss();
  const gradient = Float64Array.from(slot('gradients.0'), (g) => g * planted);
  let [difference, size, kinks, count] = [0, 0, 0, 0];
  for (const { offset, length } of model.tape.table.entries) {
    for (let i = offset; i < offset + length; i++) {
      const at = parameters[i] ?? 0;
      const f = (by: number) => {
        parameters[i] = at + by;
        return loss();
      };
      const [far, near] = [f(2 * step) - f(-2 * step), f(step) - f(-step)];
      const half = f(step / 2) - f(-step / 2);
      parameters[i] = at;
      const numeric = (8 * near - far) / (12 * step);
      // Where halving the step changes the result by far more than its own error, a rectifier switched in between.
      const finer = (8 * half - near) / (6 * step);
      count += 1;
      if (Math.abs(finer - numeric) > 1e-7 + 1e-6 * Math.abs(numeric)) {
        kinks += 1;
        continue;
      }
      difference += ((gradient[i] ?? 0) - numeric) ** 2;
      size += numeric ** 2;
    }
  }
  return { error: Math.sqrt(difference / size), kinks, count, outputs: sizeOf(model.logits) };
}

function liveNumbers(terms: number): LiveBlock {
  const live = new LiveBlock(1);
  const values = {
    ...{ step: 4, seed: 9, temperature: 2.5, inverseValid: 1 / 4, inverseLabelled: 1 / 3 },
    ...{ labelWeight: 0.3, smoothing: 0.1, hiddenWeight: 0.4, hiddenParameter: 1 },
  };
  for (const [name, value] of Object.entries(values)) live.set(0, name as keyof typeof values, value);
  for (let term = 0; term < terms; term++) live.setTerm(0, term, 0.7 + term, [0.3]);
  return live;
}

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

const cases: readonly (readonly [string, Case])[] = [
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
  ...relationKinds.map((loss): readonly [string, Case] => [
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
