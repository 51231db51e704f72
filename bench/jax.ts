/**
 * jax-js as a peer: everything inside `jit`, on its own device of the same adapter. Written by its ownership rules: a
 * use consumes a reference, `.ref` keeps one.
 */
import { blockUntilReady, defaultDevice, init, jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import { type Arrays, jaxSteps, jaxName as name } from './jaxSteps.ts';
import type { Library, Product, ProductTask, Rows, RowsTask, Steps, StepTask } from './library.ts';

type Floats = Float32Array<ArrayBuffer>;

/** Errors: RangeError where the library finds no WebGPU. */
export async function openJax(): Promise<Library> {
  const found = await init('webgpu');
  if (!found.includes('webgpu')) throw new RangeError('jax-js found no WebGPU');
  defaultDevice('webgpu');
  return {
    name,
    product: (task) => Promise.resolve(product(task)),
    rows: (task) => Promise.resolve(rows(task)),
    steps: (task) => Promise.resolve(steps(task)),
  };
}

function array(numbers: Floats, shape: number[]): np.Array {
  return np.array(numbers).reshape(shape);
}

async function numbersOf(one: np.Array): Promise<Floats> {
  return Float32Array.from(await one.data());
}

function product({ m, n, k, a, b }: ProductTask): Product {
  const [left, right] = [array(a, [m, k]), array(b, [k, n])];
  const multiply = jit((x: np.Array, y: np.Array) => np.matmul(x, y));
  return {
    name,
    async run(count) {
      const results = Array.from({ length: count }, () => multiply(left.ref, right.ref));
      await blockUntilReady(results);
      tree.dispose(results);
    },
    result: () => numbersOf(multiply(left.ref, right.ref)),
    dispose: () => {
      tree.dispose([left, right]);
      multiply.dispose();
    },
  };
}

/** T²·mean KL(softmax(teacher/T) ‖ softmax(logits/T)). */
function distillationLoss(logits: np.Array, teacher: np.Array, temperature: number): np.Array {
  const rowCount = logits.shape[0] ?? 1;
  const logQ = nn.logSoftmax(logits.mul(1 / temperature));
  const logP = nn.logSoftmax(teacher.mul(1 / temperature));
  const sum = np.exp(logP.ref).mul(logP.sub(logQ)).sum();
  return sum.mul(temperature ** 2 / rowCount);
}

function rows({ rows: count, classes, temperature, student, teacher }: RowsTask): Rows {
  const [z, u] = [array(student, [count, classes]), array(teacher, [count, classes])];
  const lossAndGradient = jit((logits: np.Array, answers: np.Array) =>
    valueAndGrad((at: np.Array) => distillationLoss(at, answers, temperature))(logits),
  );
  return {
    name,
    async run(times) {
      const results = Array.from({ length: times }, () => lossAndGradient(z.ref, u.ref));
      await blockUntilReady(results);
      tree.dispose(results);
    },
    async gradient() {
      const [loss, gradient] = lossAndGradient(z.ref, u.ref);
      loss.dispose();
      return numbersOf(gradient);
    },
    dispose: () => {
      tree.dispose([z, u]);
      lossAndGradient.dispose();
    },
  };
}

/** Weight and bias of each layer in turn. */
function forward(parameters: Arrays, inputs: np.Array): np.Array {
  const layers = parameters.length / 2;
  let x = inputs;
  for (let layer = 0; layer < layers; layer++) {
    const [w, b] = parameters.slice(2 * layer);
    if (w === undefined || b === undefined) throw new RangeError(`no layer ${layer}`);
    const sum = np.matmul(x, w).add(b);
    x = layer < layers - 1 ? nn.relu(sum) : sum;
  }
  return x;
}

function steps(task: StepTask): Steps {
  const { widths, batch, temperature, parameters } = task;
  const [inputs = 1, classes = 1] = [widths[0], widths.at(-1)];
  const leaves = parameters.map((numbers, i) => {
    const [from = 1, to = 1] = widths.slice(i >> 1);
    const isWeight = i % 2 === 0;
    return { shape: isWeight ? [from, to] : [to], decay: isWeight, numbers };
  });
  const batches = task.batches.map((one) => ({
    x: array(one.inputs, [batch, inputs]),
    u: array(one.teacher, [batch, classes]),
  }));
  return jaxSteps(task, leaves, batches, (all, x, u) => distillationLoss(forward(all, x), u, temperature));
}
