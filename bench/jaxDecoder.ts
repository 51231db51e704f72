/**
 * The decoder's loss in jax-js, for its training steps: attention in its products and softmax, the token table
 * read by a product with one-hot rows, whose gradient it has.
 */
import { nn, numpy as np } from '@jax-js/jax';
import type { DecoderTask } from './decoder.ts';
import { type Arrays, jaxSteps } from './jaxSteps.ts';
import type { Steps } from './library.ts';

/** The engine's own, so that curves agree. */
const epsilonOfNorm = 1e-5;

/** Only after `openJax`. */
export function jaxDecoder(task: DecoderTask): Steps {
  const { batch, positions, classes } = task;
  const batches = task.batches.map(({ tokens, teacher }) => ({
    x: np.array(Int32Array.from(tokens)).reshape([batch, positions]),
    u: np.array(teacher).reshape([batch, positions, classes]),
  }));
  return jaxSteps(task, task.parameters, batches, (parameters, x, u) => {
    const logQ = nn.logSoftmax(forward(task, parameters, x));
    const logP = nn.logSoftmax(u);
    const sum = np.exp(logP.ref).mul(logP.sub(logQ)).sum();
    return sum.mul(1 / (batch * positions));
  });
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
