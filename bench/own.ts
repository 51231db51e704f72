/** This engine in the contest: the shipped kernels, and for the whole step of an MLP the shipped trainer. */
import type { Split } from '../src/data/task.ts';
import { chooseMatmul } from '../src/kernels/matmulChoice.ts';
import { rowFlag } from '../src/kernels/rowLoss.ts';
import { rowAdapter, rowLossFor } from '../src/kernels/rowLossWide.ts';
import type { RunSpec } from '../src/spec/runSpec.ts';
import type { Executor } from '../src/tensor/executor.ts';
import type { Kernel } from '../src/tensor/kernel.ts';
import { LiveBlock, liveWords } from '../src/tensor/live.ts';
import { call, type Program, type Slot, whole } from '../src/tensor/program.ts';
import type { Contestant } from './contest.ts';
import type { Library, ProductTask, RowsTask, StepTask } from './library.ts';
import { ownName as name, type OwnSteps, rowsOf, trainerSteps } from './trainerSteps.ts';

type Floats = Float32Array<ArrayBuffer>;

export function ownLibrary(executor: Executor, ownSteps: () => Promise<OwnSteps<StepTask>>): Library {
  return {
    name,
    product: (task) => product(executor, task),
    rows: (task) => rows(executor, task),
    steps: ownSteps,
  };
}

async function product(executor: Executor, task: ProductTask) {
  const { m, n, k, a, b } = task;
  const params = { m, n, k, transposeB: false, epilogue: 'none', accumulate: false } as const;
  const kernel = chooseMatmul(executor.adapter.software, params);
  const one = await kernelContestant(executor, kernel, params, [a, b, new Float32Array(1), null]);
  return { ...one, result: () => one.read(3) };
}

async function rows(executor: Executor, task: RowsTask) {
  const { rows: count, classes, temperature, student, teacher } = task;
  const block = new LiveBlock(1);
  block.set(0, 'temperature', temperature);
  block.set(0, 'inverseValid', 1 / count);
  block.setTerm(0, 0, temperature ** 2);
  const params = { rows: count, classes, terms: ['forward_kl'], ...rowAdapter(executor.adapter) } as const;
  const labels = new Uint32Array(count);
  const flags = new Uint32Array(count).fill(rowFlag.valid);
  const inputs = [student, teacher, labels, flags, null, null];
  const one = await kernelContestant(executor, rowLossFor(params), params, inputs, block.words);
  return { ...one, gradient: () => one.read(4) };
}

type Input = Floats | Uint32Array<ArrayBuffer> | null;

/** One call of a kernel on these inputs; null is a buffer that is only written. */
export async function kernelContestant<P>(
  executor: Executor,
  kernel: Kernel<P>,
  params: P,
  inputs: readonly Input[],
  live?: Uint32Array<ArrayBuffer>,
): Promise<Contestant & { read(binding: number): Promise<Floats> }> {
  const lengths = kernel.lengths(params);
  const slots: Slot[] = kernel.bindings.map(({ name: slot, dtype }, i) => ({
    name: slot,
    dtype,
    length: lengths[i] ?? 1,
  }));
  const program: Program = { name: kernel.name, slots, calls: [call(kernel, params, slots.map(whole))] };
  const storages = slots.map(({ name: slot, dtype, length }) => executor.allocate(slot, dtype, length));
  storages.forEach((storage, i) => {
    const input = inputs[i];
    if (input) executor.write(storage, input);
  });
  const liveStorage = executor.allocate('live', 'u32', liveWords);
  if (live !== undefined) executor.write(liveStorage, live);
  const placements = new Map(storages.map((storage) => [storage.label, { storage }]));
  await executor.prepare([program]);
  const bound = executor.bind(program, placements, { storage: liveStorage, offset: 0 });
  return {
    name,
    async run(count) {
      executor.run(Array.from({ length: count }, () => bound));
      await executor.settled();
    },
    async read(binding) {
      executor.run([bound]);
      const storage = storages[binding];
      if (storage === undefined) throw new RangeError(`there is no binding ${binding}`);
      return executor.read(storage);
    },
    dispose() {
      for (const storage of [...storages, liveStorage]) storage.dispose();
    },
  };
}

/** The trainer of `spec` over `split`, with the teacher's logits given; and the same steps as a task for peers. */
export function ownSteps(
  executor: Executor,
  spec: RunSpec,
  split: Split & { readonly inputs: Floats },
  logits: Floats,
  batches: readonly Uint32Array[],
): Promise<OwnSteps<StepTask>> {
  const inputs = split.inputs.length / split.n;
  const classes = logits.length / split.n;
  const rows = {
    split,
    answers: logits,
    classes,
    inputShape: [inputs],
    inputDtype: 'f32',
    positions: 1,
  } as const;
  const { optimiser, objective, training, student } = spec;
  const hidden = student.kind === 'mlp' ? student.hidden : [];
  const { learningRate, weightDecay, beta1, beta2, epsilon } = optimiser;
  return trainerSteps(executor, spec, rows, async (trainer) => ({
    widths: [inputs, ...hidden, classes],
    batch: training.batch,
    temperature: objective.temperature,
    ...{ learningRate, weightDecay, beta1, beta2, epsilon },
    parameters: (await trainer.arms[0]?.parameters()) ?? [],
    batches: batches.map((indices) => ({
      inputs: rowsOf(split.inputs, inputs, indices),
      teacher: rowsOf(logits, classes, indices),
    })),
  }));
}
