/**
 * Training steps in jax-js, everything inside `jit`: a loss and its gradient over a list of parameters, then AdamW. What
 * is computed is the caller's loss; a use consumes a reference, `.ref` keeps one.
 */
import { blockUntilReady, jit, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import type { Steps } from './library.ts';

export type Arrays = np.Array[];
type State = { parameters: Arrays; first: Arrays; second: Arrays; step: np.Array };

export const jaxName = 'jax-js';

/** A parameter at the beginning, and whether it decays. */
export interface Leaf {
  readonly shape: readonly number[];
  readonly decay: boolean;
  readonly numbers: Float32Array<ArrayBuffer>;
}

export interface AdamW {
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** Step i takes batch i, and after the last the first again; `loss` uses up all that it is given. */
export function jaxSteps(
  optimiser: AdamW,
  leaves: readonly Leaf[],
  batches: readonly { readonly x: np.Array; readonly u: np.Array }[],
  loss: (parameters: Arrays, x: np.Array, u: np.Array) => np.Array,
): Steps {
  const step = jit((state: State, x: np.Array, u: np.Array): [State, np.Array] => {
    const [value, gradients] = valueAndGrad(loss)(tree.ref(state.parameters), x, u);
    const t = state.step.add(1);
    const updated = state.parameters.map((p, i) => {
      const [m, v, g] = [state.first[i], state.second[i], gradients[i]];
      if (m === undefined || v === undefined || g === undefined) throw new RangeError(`no parameter ${i}`);
      return adamw(optimiser, p, m, v, g, t.ref, leaves[i]?.decay ? optimiser.weightDecay : 0);
    });
    const next: State = {
      parameters: updated.map(({ p }) => p),
      first: updated.map(({ m }) => m),
      second: updated.map(({ v }) => v),
      step: t,
    };
    return [next, value];
  });
  let state = firstState(leaves);
  let taken = 0;
  const take = (): np.Array => {
    const next = batches[taken++ % batches.length];
    if (next === undefined) throw new RangeError('no batches');
    const [after, value] = step(state, next.x.ref, next.u.ref);
    state = after;
    return value;
  };
  return {
    name: jaxName,
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
      tree.dispose([state, batches.map(({ x, u }) => [x, u])]);
      step.dispose();
    },
  };
}

/** One leaf of AdamW (Loshchilov and Hutter 2019): its parameter and moments after the step. */
function adamw(
  { learningRate, beta1, beta2, epsilon }: AdamW,
  p: np.Array,
  m: np.Array,
  v: np.Array,
  g: np.Array,
  t: np.Array,
  decay: number,
) {
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

function firstState(leaves: readonly Leaf[]): State {
  const arrays = (of: (one: Leaf) => Float32Array<ArrayBuffer>) =>
    leaves.map((one) => np.array(of(one)).reshape([...one.shape]));
  const zeros = ({ numbers }: Leaf) => new Float32Array(numbers.length);
  return {
    parameters: arrays(({ numbers }) => numbers),
    first: arrays(zeros),
    second: arrays(zeros),
    step: np.array(0),
  };
}
