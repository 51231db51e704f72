// The chunked head: what it computes is what one chunk computes, its memory is what was promised, and the choice
// follows from numbers alone.
import { afterAll, expect, test } from 'vitest';
import { numbersOf, ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { openNodeExecutor, releaseNodeGpu } from '../gpu/node.ts';
import { type RankedId, rankedIds } from '../kernels/rankedTerms.ts';
import type { TermId } from '../kernels/rowTerms.ts';
import { StillroomError } from '../spec/errors.ts';
import { parametersOf } from '../spec/terms.ts';
import type { Executor, Placement } from '../tensor/executor.ts';
import { LiveBlock, liveWords } from '../tensor/live.ts';
import { RandomStream } from '../tensor/random.ts';
import { chunkRowsOf } from './chunkedHead.ts';
import { compileGradient, type Model } from './compile.ts';
import { embedding } from './embedding.ts';
import { linear } from './linear.ts';
import { Tape } from './tape.ts';

const gpu = await openNodeExecutor();
afterAll(() => {
  gpu.dispose();
  releaseNodeGpu();
});

/** Tokens, their embedding, perhaps a layer, and a head: tied to the embedding, or with weights and a bias of its own. */
function model(positions: number, classes: number, width: number, tied: boolean, layer = true): Model {
  const tape = new Tape(2 ** 27);
  const input = tape.value([positions]);
  const { output, table } = embedding(tape, input, { vocabulary: classes, width });
  const state = layer ? linear(tape, output, { outputs: width, activation: 'tanh' }) : output;
  const options = tied ? { bias: false, tied: table } : {};
  const logits = linear(tape, state, { outputs: classes, activation: 'none', ...options });
  const hidden = { pairs: [], balance: false };
  return { tape, input, inputDtype: 'u32', positions, logits, layers: [], hidden };
}

/** Statistics and gradients of one batch, the same on every executor. */
async function gradients(
  executor: Executor,
  one: Model,
  batch: number,
  chunkRows: number,
  terms: readonly (TermId | RankedId)[] = ['forward_kl', 'logit_mse'],
) {
  const options = { batch, software: true, accumulate: false, chunkRows };
  const { program } = compileGradient(one, terms, options);
  const random = new RandomStream(3, 0, 0);
  const classes = one.logits.shape[1] ?? 1;
  const storages = program.slots.map(({ name, dtype, length }) => {
    const storage = executor.allocate(name, dtype, length);
    const token = (i: number) => (name === 'flags' ? i % 4 : random.integer(classes));
    if (dtype === 'u32')
      executor.write(
        storage,
        Uint32Array.from({ length }, (_, i) => token(i)),
      );
    else if (/teacher|parameters/.test(name))
      executor.write(
        storage,
        Float32Array.from({ length }, () => random.between(-1, 1)),
      );
    return storage;
  });
  const live = executor.allocate('live', 'u32', liveWords);
  const block = new LiveBlock(1);
  const values = { temperature: 2, inverseValid: 0.01, inverseLabelled: 0.02, labelWeight: 0.4 } as const;
  for (const [name, value] of Object.entries(values)) block.set(0, name as keyof typeof values, value);
  terms.forEach((id, term) => {
    block.setTerm(0, term, 0.5 + term, parametersOf({ id, k: 3 }));
  });
  executor.write(live, block.words);
  await executor.prepare([program]);
  const placements = new Map<string, Placement>(storages.map((storage) => [storage.label, { storage }]));
  executor.run([executor.bind(program, placements, { storage: live, offset: 0 })]);
  const numbers = async (name: string): Promise<ArrayLike<number>> => {
    const storage = placements.get(name)?.storage;
    if (storage === undefined) throw new Error(`no ${name}`);
    return executor.kind === 'reference' ? numbersOf(storage).slice() : executor.read(storage);
  };
  const found = { stats: await numbers('stats'), gradients: await numbers('gradients.0') };
  for (const storage of [...storages, live]) storage.dispose();
  return { ...found, calls: program.calls.length };
}

/** The largest difference, as a part of the largest number wanted. */
function farthest(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  const scale = Math.max(...Array.from(wanted, Math.abs));
  expect(scale).toBeGreaterThan(0.01);
  return Math.max(...Array.from(wanted, (value, i) => Math.abs((found[i] ?? Number.NaN) - value))) / scale;
}

test.each([
  [true, 1, 65],
  [true, 2, 96],
  [false, 3, 64],
])(
  'a head in chunks (tied: %s) gives the gradients of a whole one, %i × %i rows',
  async (tied, batch, positions) => {
    const one = model(positions, 9, 4, tied);
    const oracle = new ReferenceExecutor('float64');
    const whole = await gradients(oracle, one, batch, batch * positions);
    const parts = await gradients(oracle, one, batch, 64);
    expect(parts.calls).toBeGreaterThan(whole.calls);
    expect(parts.stats).toEqual(whole.stats);
    expect(farthest(parts.gradients, whole.gradients)).toBeLessThan(1e-13);
  },
);

const alone = rankedIds.filter((id) => id !== 'dist_intra');

test.each([[alone.slice(0, 4)], [alone.slice(4, 8)], [[...alone.slice(8), 'forward_kl'] as const]])(
  '%s rank rows, see some classes or draw, in chunks as at once',
  async (terms) => {
    const one = model(65, 9, 4, true);
    const oracle = new ReferenceExecutor('float64');
    const whole = await gradients(oracle, one, 2, 130, terms);
    const parts = await gradients(oracle, one, 2, 64, terms);
    expect(parts.calls).toBeGreaterThan(whole.calls);
    expect(parts.stats).toEqual(whole.stats);
    expect(farthest(parts.gradients, whole.gradients)).toBeLessThan(1e-13);
    const found = await gradients(gpu, one, 2, 64, terms);
    expect(farthest(found.stats, whole.stats)).toBeLessThan(1e-5);
    expect(farthest(found.gradients, whole.gradients)).toBeLessThan(1e-5);
  },
);

test('the GPU gives what the reference gives, in chunks', async () => {
  const one = model(96, 9, 4, true, false);
  const wanted = await gradients(new ReferenceExecutor('float64'), one, 2, 64);
  const found = await gradients(gpu, one, 2, 64);
  expect(farthest(found.stats, wanted.stats)).toBeLessThan(1e-5);
  expect(farthest(found.gradients, wanted.gradients)).toBeLessThan(1e-5);
});

test.each([
  [16_384, true],
  [49_152, true],
  [49_152, false],
])(
  '1,024 rows of %i classes at width 256 take under an eighth of their logits and gradient (a CPU: %s)',
  (classes, software) => {
    const [positions, width] = [128, 256];
    const one = model(positions, classes, width, true);
    const options = { batch: 8, software, accumulate: false };
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
  },
);

test('a batch is cut only where its logits are more than 32 MiB, and then at multiples of 64 rows, three sixteenths at most', () => {
  expect(chunkRowsOf(1024, 8192, true)).toBe(1024);
  expect(chunkRowsOf(1025, 8192, true)).toBe(192);
  expect(chunkRowsOf(8192, 16_384, true)).toBe(512);
  expect(chunkRowsOf(1024, 49_152, true)).toBe(128);
  expect(chunkRowsOf(1024, 200_000, true)).toBe(64);
});

test('a GPU takes as many rows of logits as every adapter binds, in whole tiles of its products', () => {
  expect(chunkRowsOf(2048, 16_384, false)).toBe(2048);
  expect(chunkRowsOf(8192, 16_384, false)).toBe(1536);
  expect(chunkRowsOf(4096, 49_152, false)).toBe(640);
  expect(chunkRowsOf(1024, 49_152, false)).toBe(128);
  expect(chunkRowsOf(512, 200_000, false)).toBe(64);
});

test('a loss over the whole batch is refused, and says why', () => {
  const compile = () =>
    compileGradient(model(65, 9, 4, true), ['forward_kl', 'dist_intra'], {
      ...{ batch: 1, software: true, accumulate: false },
      chunkRows: 64,
    });
  expect(compile).toThrow(StillroomError);
  expect(compile).toThrow(/over the whole batch/);
});
