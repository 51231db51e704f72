/**
 * jax-js as a peer: everything inside `jit`, on its own device of the same adapter. Written by its ownership rules: a
 * use consumes a reference, `.ref` keeps one.
 */
import { blockUntilReady, defaultDevice, init, jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import type { Library, Product, ProductTask, Rows, RowsTask, Steps, StepTask } from './library.ts';

type Floats = Float32Array<ArrayBuffer>;
type Layers = { w: np.Array; b: np.Array }[];
type State = { parameters: Layers; first: Layers; second: Layers; step: np.Array };

/** Errors: RangeError where the library finds no WebGPU. */
export async function openJax(): Promise<Library> {
  const found = await init('webgpu');
  if (!found.includes('webgpu')) throw new RangeError('jax-js found no WebGPU');
  defaultDevice('webgpu');
  return {
    name: 'jax-js',
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
    name: 'jax-js',
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
    name: 'jax-js',
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

function forward(parameters: Layers, inputs: np.Array): np.Array {
  return parameters.reduce((x, { w, b }, layer) => {
    const sum = np.matmul(x, w).add(b);
    return layer < parameters.length - 1 ? nn.relu(sum) : sum;
  }, inputs);
}

/** One leaf of AdamW (Loshchilov and Hutter 2019): its parameter and moments after the step. */
export function adamw(
  task: Pick<StepTask, 'learningRate' | 'beta1' | 'beta2' | 'epsilon'>,
  p: np.Array,
  m: np.Array,
  v: np.Array,
  g: np.Array,
  t: np.Array,
  decay: number,
) {
  const { learningRate, beta1, beta2, epsilon } = task;
  const correction = (beta: number) =>
    np
      .exp(t.ref.mul(Math.log(beta)))
      .mul(-1)
      .add(1);
  const first = m.mul(beta1).add(g.ref.mul(1 - beta1));
  const second = v.mul(beta2).add(np.square(g).mul(1 - beta2));
  const direction = first.ref
    .div(correction(beta1))
    .div(np.sqrt(second.ref.div(correction(beta2))).add(epsilon));
  t.dispose();
  return { p: p.mul(1 - learningRate * decay).sub(direction.mul(learningRate)), m: first, v: second };
}

function steps(task: StepTask): Steps {
  const { widths, batch, temperature, weightDecay } = task;
  const classes = widths.at(-1) ?? 1;
  const batches = task.batches.map(({ inputs, teacher }) => ({
    x: array(inputs, [batch, widths[0] ?? 1]),
    u: array(teacher, [batch, classes]),
  }));
  const loss = (parameters: Layers, x: np.Array, u: np.Array) =>
    distillationLoss(forward(parameters, x), u, temperature);
  const step = jit((state: State, x: np.Array, u: np.Array): [State, np.Array] => {
    const [value, gradients] = valueAndGrad(loss)(tree.ref(state.parameters), x, u);
    const t = state.step.add(1);
    const updated = state.parameters.map(({ w, b }, i) => {
      const [m, v, g] = [state.first[i], state.second[i], gradients[i]];
      if (m === undefined || v === undefined || g === undefined) throw new RangeError(`no layer ${i}`);
      return {
        w: adamw(task, w, m.w, v.w, g.w, t.ref, weightDecay),
        b: adamw(task, b, m.b, v.b, g.b, t.ref, 0),
      };
    });
    const next: State = {
      parameters: updated.map(({ w, b }) => ({ w: w.p, b: b.p })),
      first: updated.map(({ w, b }) => ({ w: w.m, b: b.m })),
      second: updated.map(({ w, b }) => ({ w: w.v, b: b.v })),
      step: t,
    };
    return [next, value];
  });
  let state = firstState(task);
  let taken = 0;
  const take = (): np.Array => {
    const next = batches[taken++ % batches.length];
    if (next === undefined) throw new RangeError('no batches');
    const [after, value] = step(state, next.x.ref, next.u.ref);
    state = after;
    return value;
  };
  const settle = () => blockUntilReady(state);
  return {
    name: 'jax-js',
    async run(count) {
      for (let i = 0; i < count; i++) take().dispose();
      await settle();
    },
    async losses(count) {
      const values = [];
      for (let i = 0; i < count; i++) values.push((await take().data())[0] ?? Number.NaN);
      return values;
    },
    dispose: () => {
      tree.dispose([state, batches]);
      step.dispose();
    },
  };
}

function firstState({ widths, parameters }: StepTask): State {
  const layers = (numbers: (i: number) => Floats): Layers =>
    widths.slice(1).map((outputs, layer) => ({
      w: array(numbers(2 * layer), [widths[layer] ?? 1, outputs]),
      b: array(numbers(2 * layer + 1), [outputs]),
    }));
  const zeros = (i: number) => new Float32Array(parameters[i]?.length ?? 0);
  return {
    parameters: layers((i) => parameters[i] ?? new Float32Array()),
    first: layers(zeros),
    second: layers(zeros),
    step: np.array(0),
  };
}
