// Texts by a student: what it writes greedily is what full passes would answer, on both executors; draws follow the
// seed; and a batch's own input takes them.
import { afterAll, expect, test } from 'vitest';
import { ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { openNodeExecutor, releaseNodeGpu } from '../gpu/node.ts';
import { compileEvaluate, type Model } from '../ops/compile.ts';
import type { StudentSpec } from '../spec/runSpec.ts';
import { buildModel } from '../students/build.ts';
import type { Executor, Placement } from '../tensor/executor.ts';
import { RandomStream } from '../tensor/random.ts';
import { Generator, generateTemplate, type Sampling } from './generator.ts';

const gpu = await openNodeExecutor();
afterAll(() => {
  gpu.dispose();
  releaseNodeGpu();
});

const [positions, classes] = [12, 17];
const prompts = [[3], [1, 2, 3], [16, 0, 5, 5, 9]];
const batch = prompts.length;
const greedy: Sampling = { temperature: 0, seed: 1, phase: 0 };

const transformer: Extract<StudentSpec, { kind: 'transformer' }> = {
  ...{ kind: 'transformer', layers: 2, width: 16, heads: 4, kvHeads: 2 },
  ...{ norm: 'rms', positions: 'rotary', mlp: 'swiglu', tied: true, dropout: 0.2 },
};
const students: readonly (readonly [string, StudentSpec])[] = [
  ['a transformer with rotary positions and grouped heads', transformer],
  ['a transformer with learned positions', { ...transformer, layers: 1, kvHeads: 4, positions: 'learned' }],
  [
    'causal convolutions',
    { kind: 'causal_conv', layers: 2, width: 16, kernel: 3, activation: 'gelu', tied: false, dropout: 0 },
  ],
];

function modelOf(spec: StudentSpec): Model {
  const options = { inputShape: [positions], positions, classes, maxElements: 2 ** 20, hidden: null };
  return buildModel(spec, { ...options, inputDtype: 'u32' });
}

/** Weights whose answers differ from token to token. */
function weightsOf({ tape }: Model): Float32Array<ArrayBuffer> {
  const random = new RandomStream(4, 0, 0);
  const [segment = new Float32Array()] = tape.table.initialise(2);
  for (const { offset, length, frozen } of tape.table.entries) {
    if (frozen) continue;
    for (let i = offset; i < offset + length; i++) segment[i] = (segment[i] ?? 0) + random.between(-0.4, 0.4);
  }
  return segment;
}

async function texts(executor: Executor, model: Model, samplings: readonly Sampling[]) {
  const weights = weightsOf(model);
  const parameters = executor.allocate('parameters', 'f32', weights.length);
  executor.write(parameters, weights);
  const input = executor.allocate('input', 'u32', batch * positions);
  const generator = new Generator(executor, generateTemplate(model, batch, true), input);
  const { program } = compileEvaluate(model, { batch, software: true });
  await executor.prepare([generator.program, program]);
  const student = new Map<string, Placement>([['parameters.0', { storage: parameters }]]);
  const bound = generator.bind(student);
  const found: number[][] = [];
  for (const sampling of samplings) {
    generator.write(bound, prompts, sampling);
    found.push([...(await generator.tokens())]);
  }
  // The last text lies where a full pass takes its input from.
  const placements = new Map<string, Placement>([...student, ['input', { storage: input }]]);
  const rest = program.slots.filter(({ name }) => !placements.has(name));
  const others = rest.map(({ name, dtype, length }) => executor.allocate(name, dtype, length));
  for (const storage of others) placements.set(storage.label, { storage });
  executor.run([executor.bind(program, placements)]);
  const logits = others.find(({ label }) => label === 'logits');
  const full = logits === undefined ? [] : [...(await executor.read(logits))];
  generator.dispose();
  for (const storage of [...others, input, parameters]) storage.dispose();
  return { found, full };
}

/** The most likely token after each position of (batch, positions). */
function answers(logits: readonly number[]): number[] {
  return Array.from({ length: batch * positions }, (_, row) => {
    const own = logits.slice(row * classes, (row + 1) * classes);
    return own.indexOf(Math.max(...own));
  });
}

test.each(students)('%s writes greedily what its full passes answer, on both executors', async (_, spec) => {
  const model = modelOf(spec);
  const [onGpu, onCpu] = [
    await texts(gpu, model, [greedy]),
    await texts(new ReferenceExecutor('float64'), model, [greedy]),
  ];
  for (const { found, full } of [onGpu, onCpu]) {
    const [text = []] = found;
    const wanted = answers(full);
    prompts.forEach((prompt, b) => {
      const own = text.slice(b * positions, (b + 1) * positions);
      expect(own.slice(0, prompt.length)).toEqual(prompt);
      const answered = wanted.slice(b * positions + prompt.length - 1, (b + 1) * positions - 1);
      expect(own.slice(prompt.length)).toEqual(answered);
    });
    expect(new Set(text).size).toBeGreaterThan(3);
  }
  expect(onGpu.found).toEqual(onCpu.found);
});

test('draws follow from seed and phase alone, on both executors, and the phases of a run differ', async () => {
  const model = modelOf(transformer);
  const one = { temperature: 1, seed: 7, phase: 0 };
  const samplings = [one, { ...one, phase: 1 }, { ...one, seed: 8 }, one];
  const { found } = await texts(gpu, model, samplings);
  expect(found[3]).toEqual(found[0]);
  expect(found[1]).not.toEqual(found[0]);
  expect(found[2]).not.toEqual(found[0]);
  const onCpu = await texts(new ReferenceExecutor('float64'), model, samplings);
  expect(onCpu.found).toEqual(found);
});

test('a batch that holds its texts already keeps what it is told to keep, one text whole', async () => {
  const model = modelOf(transformer);
  const executor = new ReferenceExecutor('float64');
  const weights = weightsOf(model);
  const parameters = executor.allocate('parameters', 'f32', weights.length);
  executor.write(parameters, weights);
  const input = executor.allocate('input', 'u32', batch * positions);
  const given = Uint32Array.from({ length: batch * positions }, (_, i) => (5 * i) % classes);
  executor.write(input, given);
  const generator = new Generator(executor, generateTemplate(model, batch, true), input);
  const bound = generator.bind(new Map([['parameters.0', { storage: parameters }]]));
  generator.extend(bound, Uint32Array.of(positions, 4, 1), { temperature: 1, seed: 2, phase: 0 });
  const kept = Array.from(await generator.tokens(), (token, i) => token === given[i]);
  expect(kept.slice(0, positions)).toEqual(new Array(positions).fill(true));
  expect(kept.slice(positions, positions + 4)).toEqual([true, true, true, true]);
  expect(kept[2 * positions]).toBe(true);
  expect(kept.slice(positions).filter((same) => !same).length).toBeGreaterThan(10);
});

test('a prompt that is empty or longer than the sequence is refused, and no buffer is left behind', async () => {
  const before = gpu.live.buffers;
  const model = modelOf(transformer);
  const generator = new Generator(gpu, generateTemplate(model, 1, true));
  await gpu.prepare([generator.program]);
  const parameters = gpu.allocate('parameters', 'f32', weightsOf(model).length);
  const bound = generator.bind(new Map([['parameters.0', { storage: parameters }]]));
  expect(() => generator.write(bound, [[]], greedy)).toThrow(/a prompt of 0 tokens/);
  expect(() => generator.write(bound, [new Uint32Array(13)], greedy)).toThrow(/a prompt of 13 tokens/);
  generator.dispose();
  parameters.dispose();
  expect(gpu.live.buffers).toBe(before);
});
