// The chunked head: what it computes is what one chunk computes, its memory is what was promised, and the choice
// follows from numbers alone.
import { expect, test } from 'vitest';
import { numbersOf, ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { StillroomError } from '../spec/errors.ts';
import type { Placement } from '../tensor/executor.ts';
import { LiveBlock, liveWords } from '../tensor/live.ts';
import { RandomStream } from '../tensor/random.ts';
import { chunkRowsOf } from './chunkedHead.ts';
import { compileGradient, type Model } from './compile.ts';
import { embedding } from './embedding.ts';
import { linear } from './linear.ts';
import { Tape } from './tape.ts';

/** Tokens, their embedding, a layer, and a head: tied to the embedding, or with weights and a bias of its own. */
function model(positions: number, classes: number, width: number, tied: boolean): Model {
  const tape = new Tape(2 ** 27);
  const input = tape.value([positions]);
  const { output, table } = embedding(tape, input, { vocabulary: classes, width });
  const state = linear(tape, output, { outputs: width, activation: 'tanh' });
  const options = tied ? { bias: false, tied: table } : {};
  const logits = linear(tape, state, { outputs: classes, activation: 'none', ...options });
  const hidden = { pairs: [], balance: false };
  return { tape, input, inputDtype: 'u32', positions, logits, hidden };
}

/** Statistics and gradients of one batch. */
function gradients(one: Model, batch: number, chunkRows: number | undefined) {
  const options = { batch, software: true, accumulate: false };
  const { program } = compileGradient(one, ['forward_kl', 'logit_mse'], {
    ...options,
    ...(chunkRows === undefined ? {} : { chunkRows }),
  });
  const executor = new ReferenceExecutor('float64');
  const placements = new Map<string, Placement>(
    program.slots.map(({ name, dtype, length }) => [
      name,
      { storage: executor.allocate(name, dtype, length) },
    ]),
  );
  const slot = (name: string) => {
    const placement = placements.get(name);
    if (placement === undefined) throw new Error(`no ${name}`);
    return numbersOf(placement.storage);
  };
  const random = new RandomStream(3, 0, 0);
  const classes = one.logits.shape[1] ?? 1;
  for (const name of ['input', 'labels'])
    slot(name).forEach((_, i, all) => {
      all[i] = random.integer(classes);
    });
  slot('flags').forEach((_, i, all) => {
    all[i] = i % 4;
  });
  for (const name of ['teacher', 'parameters.0'])
    slot(name).forEach((_, i, all) => {
      all[i] = random.between(-1, 1);
    });
  const live = executor.allocate('live', 'u32', liveWords);
  const block = new LiveBlock(1);
  const values = { temperature: 2, inverseValid: 0.01, inverseLabelled: 0.02, labelWeight: 0.4 } as const;
  for (const [name, value] of Object.entries(values)) block.set(0, name as keyof typeof values, value);
  for (const term of [0, 1]) block.setTerm(0, term, 0.5 + term, [0.5]);
  executor.write(live, block.words);
  executor.run([executor.bind(program, placements, { storage: live, offset: 0 })]);
  return { calls: program.calls.length, stats: slot('stats'), gradients: slot('gradients.0') };
}

test.each([
  [true, 1, 65],
  [true, 2, 96],
  [false, 3, 64],
])(
  'a head in chunks (tied: %s) gives the gradients of a whole one, %i × %i rows',
  (tied, batch, positions) => {
    const one = model(positions, 9, 4, tied);
    const [whole, parts] = [gradients(one, batch, undefined), gradients(one, batch, 64)];
    expect(parts.calls).toBeGreaterThan(whole.calls);
    expect(parts.stats).toEqual(whole.stats);
    const scale = Math.max(...whole.gradients.map(Math.abs));
    expect(scale).toBeGreaterThan(0.01);
    parts.gradients.forEach((value, i) => {
      expect(Math.abs(value - (whole.gradients[i] ?? Number.NaN))).toBeLessThan(1e-13 * scale);
    });
  },
);

test('1,024 rows of 49,152 classes at width 256 take under an eighth of their logits and gradient', () => {
  const [positions, classes, width] = [128, 49_152, 256];
  const one = model(positions, classes, width, true);
  const options = { batch: 8, software: false, accumulate: false };
  const bytes = (chunkRows?: number) => {
    const { slabs } = compileGradient(one, ['forward_kl'], {
      ...options,
      ...(chunkRows === undefined ? {} : { chunkRows }),
    });
    return 4 * slabs.reduce((sum, length) => sum + length, 0);
  };
  const materialised = 2 * 4 * 1024 * classes;
  expect(bytes()).toBeLessThan(materialised / 8);
  // And the whole head does take what it is said to.
  expect(bytes(1024)).toBeGreaterThan(materialised);
});

test('a batch is cut only where its logits are more than 16 MiB, and then at multiples of 64 rows', () => {
  expect(chunkRowsOf(1024, 4096)).toBe(1024);
  expect(chunkRowsOf(1025, 4096)).toBe(1024);
  expect(chunkRowsOf(1024, 49_152)).toBe(64);
  expect(chunkRowsOf(1024, 200_000)).toBe(64);
});

test('a loss over the whole batch is refused, and says why', () => {
  const compile = () =>
    compileGradient(model(65, 9, 4, true), ['forward_kl', null], {
      ...{ batch: 1, software: true, accumulate: false },
      chunkRows: 64,
    });
  expect(compile).toThrow(StillroomError);
  expect(compile).toThrow(/over the whole batch/);
});
