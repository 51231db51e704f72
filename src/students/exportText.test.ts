// Students of text, exported and run by onnxruntime: logits are the engine's own to 1e-4 of max(1, |logit|), over whole
// texts, over beginnings of them, and token by token with a cache of keys and values.
import { env, InferenceSession, Tensor } from 'onnxruntime-web';
import { describe, expect, test } from 'vitest';
import { numbersOf, ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { compileEvaluate } from '../ops/compile.ts';
import { writeOnnx } from '../sharing/onnxFile.ts';
import { StillroomError } from '../spec/errors.ts';
import type { StudentSpec } from '../spec/runSpec.ts';
import type { Placement } from '../tensor/executor.ts';
import { RandomStream } from '../tensor/random.ts';
import { buildModel } from './build.ts';
import { studentGraph } from './exportStudent.ts';

env.wasm.numThreads = 1;
const [batch, positions, classes] = [2, 9, 11];

const transformer: Extract<StudentSpec, { kind: 'transformer' }> = {
  ...{ kind: 'transformer', layers: 2, width: 16, heads: 4, kvHeads: 2 },
  ...{ norm: 'rms', positions: 'rotary', mlp: 'swiglu', tied: true, dropout: 0 },
};
const causalConv: Extract<StudentSpec, { kind: 'causal_conv' }> = {
  ...{ kind: 'causal_conv', layers: 2, width: 12, kernel: 3, activation: 'gelu', tied: false, dropout: 0 },
};
const withAttention: readonly (readonly [string, StudentSpec])[] = [
  ['grouped heads, RMS, rotary positions, SwiGLU, a tied head', transformer],
  [
    'plain heads, layer normalisation, learned positions, GELU, a head of its own',
    { ...transformer, kvHeads: 4, norm: 'layer', positions: 'learned', mlp: 'gelu', tied: false },
  ],
  ['one head of keys for all, dropout left out', { ...transformer, kvHeads: 1, layers: 1, dropout: 0.5 }],
];
const others: readonly (readonly [string, StudentSpec])[] = [
  ['causal convolutions', causalConv],
  ['causal convolutions with rectifiers and a tied head', { ...causalConv, activation: 'relu', tied: true }],
];

/** A student with weights that hide nothing, a batch of tokens, and its logits (batch, positions, classes). */
function student(spec: StudentSpec) {
  const options = { inputShape: [positions], positions, classes, maxElements: 2 ** 20, hidden: null };
  const model = buildModel(spec, { ...options, inputDtype: 'u32' });
  const random = new RandomStream(4, 0, 0);
  const [segment = new Float32Array()] = model.tape.table.initialise(2);
  const { entries } = model.tape.table;
  for (const { offset, length, frozen } of entries) {
    if (frozen) continue;
    for (let i = offset; i < offset + length; i++) segment[i] = (segment[i] ?? 0) + random.between(-0.3, 0.3);
  }
  const executor = new ReferenceExecutor('float64');
  const { program } = compileEvaluate(model, { batch, software: true });
  const placements = new Map<string, Placement>(
    program.slots.map(({ name, dtype, length }) => [
      name,
      { storage: executor.allocate(name, dtype, length) },
    ]),
  );
  const slot = (name: string) => {
    const storage = placements.get(name)?.storage;
    if (storage === undefined) throw new Error(`no ${name}`);
    return storage;
  };
  const tokens = Uint32Array.from({ length: batch * positions }, () => random.integer(classes));
  executor.write(slot('input'), tokens);
  executor.write(slot('parameters.0'), segment);
  executor.run([executor.bind(program, placements)]);
  const numbers = entries.map(({ offset, length }) => segment.slice(offset, offset + length));
  return { model, numbers, tokens, logits: numbersOf(slot('logits')) };
}

type Student = ReturnType<typeof student>;

function sessionOf({ model, numbers }: Student, cache: boolean): Promise<InferenceSession> {
  const file = writeOnnx(studentGraph(model, numbers, {}, { cache }));
  return InferenceSession.create(file, { executionProviders: ['wasm'], logSeverityLevel: 3 });
}

/** Columns `from` to `to` of (batch, positions) as int64. */
function columns(values: ArrayLike<number>, from: number, to: number): Tensor {
  const part = Array.from({ length: batch * (to - from) }, (_, i) => {
    const [row, column] = [Math.floor(i / (to - from)), from + (i % (to - from))];
    return BigInt(values[row * positions + column] ?? 0);
  });
  return new Tensor('int64', BigInt64Array.from(part), [batch, to - from]);
}

/** The largest difference of logits of the columns, each relative to max(1, |the engine's logit|). */
function farthest({ logits }: Student, found: Tensor | undefined, from: number, to: number): number {
  expect(found?.dims).toEqual([batch, to - from, classes]);
  if (!(found?.data instanceof Float32Array)) throw new Error('no float32 logits');
  const differences = Array.from(found.data, (value, i) => {
    const [row, rest] = [Math.floor(i / ((to - from) * classes)), i % ((to - from) * classes)];
    const wanted = logits[(row * positions + from) * classes + rest] ?? Number.NaN;
    return Math.abs(value - wanted) / Math.max(1, Math.abs(wanted));
  });
  return Math.max(...differences);
}

describe('the file of a student of text computes what the engine computes', () => {
  test.each([...withAttention, ...others])('%s: whole texts and beginnings of them', async (_, spec) => {
    const one = student(spec);
    expect(Math.max(...one.logits) - Math.min(...one.logits)).toBeGreaterThan(1);
    const session = await sessionOf(one, false);
    expect([session.inputNames, session.outputNames]).toEqual([['input_ids'], ['logits']]);
    for (const end of [positions, 4, 1]) {
      const { logits } = await session.run({ input_ids: columns(one.tokens, 0, end) });
      expect(farthest(one, logits, 0, end)).toBeLessThanOrEqual(1e-4);
    }
    await session.release();
  });

  test.each(withAttention)('%s: with a cache, some tokens at first and then one by one', async (_, spec) => {
    const one = student(spec);
    const session = await sessionOf(one, true);
    const layers = session.outputNames.filter((name) => name.endsWith('.key')).length;
    const names = Array.from({ length: layers }, (_layer, layer) => [
      `${layer}.key`,
      `${layer}.value`,
    ]).flat();
    expect(session.inputNames).toEqual([
      ...['input_ids', 'position_ids'],
      ...names.map((name) => `past_key_values.${name}`),
    ]);
    expect(session.outputNames).toEqual(['logits', ...names.map((name) => `present.${name}`)]);
    const { kvHeads, heads, width } = spec as typeof transformer;
    const empty = new Tensor('float32', new Float32Array(), [batch, kvHeads, 0, width / heads]);
    const places = Uint32Array.from({ length: batch * positions }, (_place, i) => i % positions);
    let past = names.map((): Tensor => empty);
    let from = 0;
    for (const to of [3, 4, 5, 6, 7, 8, 9]) {
      const cache = names.map((name, i) => [`past_key_values.${name}`, past[i] ?? empty] as const);
      const found = await session.run({
        input_ids: columns(one.tokens, from, to),
        position_ids: columns(places, from, to),
        ...Object.fromEntries(cache),
      });
      expect(farthest(one, found['logits'], from, to)).toBeLessThanOrEqual(1e-4);
      past = names.map((name) => found[`present.${name}`] ?? empty);
      expect(past[0]?.dims).toEqual([batch, kvHeads, to, width / heads]);
      from = to;
    }
    await session.release();
  });

  test('a student without attention has no cache to export, and says so', () => {
    const { model, numbers } = student(causalConv);
    const refused = () => studentGraph(model, numbers, {}, { cache: true });
    expect(refused).toThrow(StillroomError);
    expect(refused).toThrow(/export it without a cache/i);
  });
});
