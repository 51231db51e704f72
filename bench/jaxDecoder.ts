/**
 * The decoder's training step in jax-js, everything inside `jit`: attention in its products and softmax, the token table
 * read by a product with one-hot rows, whose gradient it has.
 */
import { blockUntilReady, jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import type { DecoderParameter, DecoderTask } from './decoder.ts';
import { adamw } from './jax.ts';
import type { Steps } from './library.ts';

type Arrays = np.Array[];
type State = { parameters: Arrays; first: Arrays; second: Arrays; step: np.Array };

/** The engine's own, so that curves agree. */
const epsilonOfNorm = 1e-5;

/** Only after `openJax`. */
export function jaxDecoder(task: DecoderTask): Steps {
  const { batch, positions, classes } = task;
  const batches = task.batches.map(({ tokens, teacher }) => ({
    x: np.array(Int32Array.from(tokens)).reshape([batch, positions]),
    u: np.array(teacher).reshape([batch, positions, classes]),
  }));
  const loss = (parameters: Arrays, x: np.Array, u: np.Array) => {
    const logQ = nn.logSoftmax(forward(task, parameters, x));
    const logP = nn.logSoftmax(u);
    const sum = np.exp(logP.ref).mul(logP.sub(logQ)).sum();
    return sum.mul(1 / (batch * positions));
  };
  const step = jit((state: State, x: np.Array, u: np.Array): [State, np.Array] => {
    const [value, gradients] = valueAndGrad(loss)(tree.ref(state.parameters), x, u);
    const t = state.step.add(1);
    const updated = state.parameters.map((p, i) => {
      const [m, v, g] = [state.first[i], state.second[i], gradients[i]];
      if (m === undefined || v === undefined || g === undefined) throw new RangeError(`no parameter ${i}`);
      const decay = task.parameters[i]?.decay ? task.weightDecay : 0;
      return adamw(task, p, m, v, g, t.ref, decay);
    });
    const next: State = {
      parameters: updated.map(({ p }) => p),
      first: updated.map(({ m }) => m),
      second: updated.map(({ v }) => v),
      step: t,
    };
    return [next, value];
  });
  let state = firstState(task.parameters);
  let taken = 0;
  const take = (): np.Array => {
    const next = batches[taken++ % batches.length];
    if (next === undefined) throw new RangeError('no batches');
    const [after, value] = step(state, next.x.ref, next.u.ref);
    state = after;
    return value;
  };
  return {
    name: 'jax-js',
    async run(count) {
      for (let i = 0; i < count; i++) take().dispose();
      await blockUntilReady(state);
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

/** Every parameter is used up; the token table twice, at both ends. */
function forward(
  { batch, positions, classes, width, heads, layers }: DecoderTask,
  all: Arrays,
  x: np.Array,
): np.Array {
  let next = 0;
  const parameter = (): np.Array => {
    const found = all[next++];
    if (found === undefined) throw new RangeError(`no parameter ${next - 1}`);
    return found;
  };
  const norm = (h: np.Array): np.Array => {
    const square = np.mean(np.square(h.ref), -1, { keepdims: true });
    return h.div(np.sqrt(square.add(epsilonOfNorm))).mul(parameter());
  };
  // (batch, heads, positions, width of a head). Its own attention asks for iterators that this Node has not.
  const split = (h: np.Array) =>
    np.transpose(h.reshape([batch, positions, heads, width / heads]), [0, 2, 1, 3]);
  const later = np.triu(np.ones([positions, positions]), 1).mul(-1e9);
  const attention = (q: np.Array, k: np.Array, v: np.Array): np.Array => {
    const scores = np.matmul(q, np.transpose(k, [0, 1, 3, 2])).mul(1 / Math.sqrt(width / heads));
    const weights = nn.softmax(scores.add(later.ref), -1);
    return np.transpose(np.matmul(weights, v), [0, 2, 1, 3]);
  };
  const table = parameter();
  let h = np.matmul(nn.oneHot(x, classes), table.ref).add(parameter());
  for (let layer = 0; layer < layers; layer++) {
    const own = norm(h.ref);
    const q = split(np.matmul(own.ref, parameter()));
    const k = split(np.matmul(own.ref, parameter()));
    const v = split(np.matmul(own, parameter()));
    const attended = attention(q, k, v).reshape([batch, positions, width]);
    h = h.add(np.matmul(attended, parameter()));
    const inner = nn.gelu(np.matmul(norm(h.ref), parameter()), { approximate: false });
    h = h.add(np.matmul(inner, parameter()));
  }
  later.dispose();
  return np.matmul(norm(h), np.transpose(table));
}

function firstState(parameters: readonly DecoderParameter[]): State {
  const arrays = (of: (one: DecoderParameter) => Float32Array<ArrayBuffer>) =>
    parameters.map((one) => np.array(of(one)).reshape([...one.shape]));
  const zeros = ({ numbers }: DecoderParameter) => new Float32Array(numbers.length);
  return {
    parameters: arrays(({ numbers }) => numbers),
    first: arrays(zeros),
    second: arrays(zeros),
    step: np.array(0),
  };
}
