/**
 * TensorFlow.js as a peer, on its own WebGPU device of the same adapter. AdamW is its Adam optimiser with the decay
 * applied beforehand, since it has none. `cpuForward` is its habit of taking small tensors to the CPU.
 */
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-webgpu';
import type { Library, Product, ProductTask, Rows, RowsTask, Steps, StepTask } from './library.ts';

type Floats = Float32Array<ArrayBuffer>;

/** Errors: RangeError where the library finds no WebGPU. */
export async function openTensorflow(cpuForward: boolean): Promise<Library> {
  tf.env().set('IS_TEST', true);
  if (!(await tf.setBackend('webgpu'))) throw new RangeError('TensorFlow.js found no WebGPU');
  const name = cpuForward ? 'tfjs, CPU forward' : 'tfjs';
  const ready = () => tf.env().set('WEBGPU_CPU_FORWARD', cpuForward);
  return {
    name,
    product: (task) => Promise.resolve(product(name, ready, task)),
    rows: (task) => Promise.resolve(rows(name, ready, task)),
    steps: (task) => Promise.resolve(steps(name, ready, task)),
  };
}

async function numbersOf(tensor: tf.Tensor): Promise<Floats> {
  const numbers = Float32Array.from(await tensor.data());
  tensor.dispose();
  return numbers;
}

/** Resolves when everything issued before is done: a queue runs in order. */
async function fence(last: tf.Tensor | undefined): Promise<void> {
  await last?.data();
}

function product(name: string, ready: () => void, { m, n, k, a, b }: ProductTask): Product {
  const [left, right] = [tf.tensor2d(a, [m, k]), tf.tensor2d(b, [k, n])];
  return {
    name,
    async run(count) {
      ready();
      const results = Array.from({ length: count }, () => tf.matMul(left, right));
      // One number of the last product, so that no large result is read back.
      const end = tf.tidy(() => results.at(-1)?.slice([0, 0], [1, 1]));
      await fence(end);
      tf.dispose([results, ...(end === undefined ? [] : [end])]);
    },
    result: () => {
      ready();
      return numbersOf(tf.matMul(left, right));
    },
    dispose: () => tf.dispose([left, right]),
  };
}

/** T²·mean KL(softmax(teacher/T) ‖ softmax(logits/T)). */
function distillationLoss(logits: tf.Tensor, teacher: tf.Tensor, temperature: number): tf.Scalar {
  const rowCount = logits.shape[0] ?? 1;
  const logQ = tf.logSoftmax(tf.mul(logits, 1 / temperature));
  const logP = tf.logSoftmax(tf.mul(teacher, 1 / temperature));
  return tf.mul(tf.sum(tf.mul(tf.exp(logP), tf.sub(logP, logQ))), temperature ** 2 / rowCount).asScalar();
}

function rows(name: string, ready: () => void, task: RowsTask): Rows {
  const { rows: count, classes, temperature } = task;
  const z = tf.tensor2d(task.student, [count, classes]);
  const u = tf.tensor2d(task.teacher, [count, classes]);
  const lossAndGradient = tf.valueAndGrad((at) => distillationLoss(at, u, temperature));
  return {
    name,
    async run(times) {
      ready();
      const results = Array.from({ length: times }, () => lossAndGradient(z));
      const end = tf.tidy(() => results.at(-1)?.grad.slice([0, 0], [1, 1]));
      await fence(end);
      tf.dispose([results, ...(end === undefined ? [] : [end])] as tf.TensorContainer);
    },
    gradient() {
      ready();
      const { value, grad } = lossAndGradient(z);
      value.dispose();
      return numbersOf(grad);
    },
    dispose: () => tf.dispose([z, u]),
  };
}

function steps(name: string, ready: () => void, task: StepTask): Steps {
  const { widths, batch, temperature, learningRate, weightDecay } = task;
  const classes = widths.at(-1) ?? 1;
  const weights = task.parameters.map((numbers, i) => {
    const layer = Math.floor(i / 2);
    const [inputs, outputs] = [widths[layer] ?? 1, widths[layer + 1] ?? 1];
    return tf.variable(i % 2 === 0 ? tf.tensor2d(numbers, [inputs, outputs]) : tf.tensor1d(numbers));
  });
  const batches = task.batches.map(({ inputs, teacher }) => ({
    x: tf.tensor2d(inputs, [batch, widths[0] ?? 1]),
    u: tf.tensor2d(teacher, [batch, classes]),
  }));
  const optimizer = tf.train.adam(learningRate, task.beta1, task.beta2, task.epsilon);
  let taken = 0;
  const take = (): tf.Scalar => {
    const next = batches[taken++ % batches.length];
    if (next === undefined) throw new RangeError('no batches');
    return tf.tidy(() => {
      const { value, grads } = tf.variableGrads(
        () => distillationLoss(forward(weights, next.x), next.u, temperature),
        weights,
      );
      weights.forEach((one, i) => {
        if (i % 2 === 0) one.assign(tf.mul(one, 1 - learningRate * weightDecay));
      });
      optimizer.applyGradients(Object.entries(grads).map(([key, tensor]) => ({ name: key, tensor })));
      return value;
    });
  };
  return {
    name,
    async run(count) {
      ready();
      const values = Array.from({ length: count }, take);
      // The update of the last step comes after its loss, so the fence is on a weight.
      const end = tf.tidy(() => weights[1]?.slice([0], [1]));
      await fence(end);
      tf.dispose([values, ...(end === undefined ? [] : [end])]);
    },
    async losses(count) {
      ready();
      const values = [];
      for (let i = 0; i < count; i++) values.push((await numbersOf(take()))[0] ?? Number.NaN);
      return values;
    },
    dispose: () => {
      tf.dispose([weights, batches] as tf.TensorContainer);
      optimizer.dispose();
    },
  };
}

function forward(weights: readonly tf.Tensor[], inputs: tf.Tensor): tf.Tensor {
  let x = inputs;
  for (let i = 0; i + 1 < weights.length; i += 2) {
    const [w, b] = [weights[i], weights[i + 1]];
    if (w === undefined || b === undefined) throw new RangeError(`no layer ${i / 2}`);
    const sum = tf.add(tf.matMul(x, w), b);
    x = i + 2 < weights.length ? tf.relu(sum) : sum;
  }
  return x;
}
