/**
 * A dense layer, y = activation(x·W + b), with W (in, out). The bias and the activation are part of the product, and
 * the derivative of the layer before is applied as its gradient is written.
 */
import { activationGradient } from '../kernels/activationGradient.ts';
import type { Epilogue } from '../kernels/matmul.ts';
import { chooseWeightGradient } from '../kernels/matmulChoice.ts';
import type { Initialiser, Parameter } from '../tensor/parameters.ts';
import type { Window } from '../tensor/program.ts';
import { emitProduct } from './product.ts';
import type { Contribution, FusedContribution, Recorder } from './recorder.ts';
import {
  type FusedActivation,
  featuresOf,
  type OnnxScope,
  positionsOf,
  type RowPart,
  type Tape,
  type Value,
} from './tape.ts';

export interface LinearOptions {
  readonly outputs: number;
  readonly activation: FusedActivation;
  readonly bias?: boolean;
  readonly name?: string;
  /** The weights of another op, stored (outputs, in): the head of a student that is tied to its embedding. */
  readonly tied?: Parameter;
  /** A projection is trained with the student and left out of its export and its count. */
  readonly exported?: boolean;
  /** In place of the usual first weights. */
  readonly initialiser?: Initialiser | undefined;
  /** What follows, for the size of the first weights. */
  readonly gain?: 'rectifier' | 'plain';
}

/** x [in] → [outputs], or at each position [positions, in] → [positions, outputs]; any other shape is one row. */
export function linear(tape: Tape, x: Value, options: LinearOptions): Value {
  const { outputs, activation, tied, bias = true, exported = true } = options;
  const transposed = tied !== undefined;
  const inputs = featuresOf(x);
  const name = options.name ?? `linear${tape.count()}`;
  const weight =
    tied ??
    tape.parameter({
      name: `${name}.weight`,
      shape: [inputs, outputs],
      initialiser:
        options.initialiser ??
        fanIn(inputs, outputs, options.gain ?? (activation === 'relu' ? 'rectifier' : 'plain')),
      decay: true,
      exported,
    });
  const offset = bias
    ? tape.parameter({
        name: `${name}.bias`,
        shape: [outputs],
        initialiser: { kind: 'constant', value: 0 },
        decay: false,
        exported,
      })
    : null;
  const output = tape.value(x.shape.length === 2 ? [positionsOf(x), outputs] : [outputs]);
  const forward = (recorder: Recorder, { first, rows, results }: RowPart) => {
    const shape = { m: rows, n: outputs, k: inputs, transposeB: transposed, accumulate: false };
    const w = recorder.parameter(weight);
    emitProduct(recorder, { ...shape, epilogue: epilogueOf(bias, activation) }, [
      rowsOf(recorder.value(x), first, rows, inputs),
      w,
      offset === null ? w : recorder.parameter(offset),
      results,
    ]);
  };
  const weightGradients = (recorder: Recorder, { first, rows: m, results: dy }: RowPart) => {
    const dw = recorder.parameterGradient(weight);
    const shape = transposed ? { m, k: outputs, n: inputs } : { m, k: inputs, n: outputs };
    const db = offset === null ? recorder.scratch(1) : recorder.parameterGradient(offset).window;
    const own = rowsOf(recorder.value(x), first, m, inputs);
    recorder.emit(
      chooseWeightGradient(recorder.software, shape),
      { ...shape, bias: offset !== null, accumulate: dw.accumulate },
      [...(transposed ? [dy, own] : [own, dy]), dw.window, db],
    );
  };
  const inputGradient = (
    recorder: Recorder,
    { first, rows: m, results: dy }: RowPart,
    dx: Contribution | FusedContribution,
  ) => {
    const product = { m, n: inputs, k: outputs, transposeB: !transposed, accumulate: dx.accumulate };
    const w = recorder.parameter(weight);
    const into = rowsOf(dx.window, first, m, inputs);
    const fused = 'saved' in dx && dx.activation !== 'none';
    emitProduct(recorder, { ...product, epilogue: fused ? `times_${dx.activation}_gradient` : 'none' }, [
      dy,
      w,
      fused ? dx.saved : w,
      into,
    ]);
  };
  return tape.push({
    op: 'linear',
    inputs: [x],
    output,
    parameters: offset === null ? [weight] : [weight, offset],
    activation,
    cost: { flops: 2 * inputs * outputs * positionsOf(x) },
    forward(recorder) {
      forward(recorder, { first: 0, rows: recorder.rowsOf(x), results: recorder.value(output) });
    },
    vjp(recorder) {
      const all = { first: 0, rows: recorder.rowsOf(x), results: recorder.gradient(output) };
      if (activation !== 'none' && !recorder.derivativeApplied(output)) {
        recorder.emit(activationGradient, { length: all.rows * outputs, kind: activation }, [
          recorder.value(output),
          all.results,
        ]);
      }
      weightGradients(recorder, all);
      if (recorder.needsGradient(x)) inputGradient(recorder, all, recorder.contributeFused(x));
    },
    // The derivative of an activation needs its results.
    ...(activation !== 'none'
      ? {}
      : {
          parts: {
            forward,
            vjp(recorder: Recorder, part: RowPart, dx: Contribution | null) {
              weightGradients(recorder, part);
              if (dx !== null) inputGradient(recorder, part, dx);
            },
          },
        }),
    onnx(scope) {
      const product = onnxProduct(scope, x, weight, offset, transposed);
      scope.setName(
        output,
        activation === 'none' ? product : scope.builder.node(onnxActivation[activation], [product], {}),
      );
    },
  });
}

function rowsOf(whole: Window, first: number, rows: number, width: number): Window {
  return { slot: whole.slot, offset: whole.offset + first * width, length: rows * width };
}

function onnxProduct(
  scope: OnnxScope,
  x: Value,
  weight: Parameter,
  offset: Parameter | null,
  transposed: boolean,
): string {
  const [name, w] = [scope.nameOf(x), scope.parameter(weight)];
  const b = offset === null ? [] : [scope.parameter(offset)];
  if (x.shape.length !== 2) return scope.builder.node('Gemm', [name, w, ...b], {});
  const turned = transposed ? scope.builder.node('Transpose', [w], { perm: [1, 0] }) : w;
  const product = scope.builder.node('MatMul', [name, turned]);
  return offset === null ? product : scope.builder.node('Add', [product, ...b]);
}

const onnxActivation = { relu: 'Relu', tanh: 'Tanh' } as const;

function epilogueOf(bias: boolean, activation: FusedActivation): Epilogue {
  if (!bias) {
    if (activation !== 'none') throw new RangeError('an activation is fused with a bias only');
    return 'none';
  }
  return activation === 'none' ? 'bias' : `bias_${activation}`;
}

/**
 * Uniform with variance 2/in before a rectifier (He et al. 2015) and 2/(in + out) elsewhere (Glorot and Bengio 2010).
 */
function fanIn(inputs: number, outputs: number, gain: 'rectifier' | 'plain'): Initialiser {
  const variance = gain === 'rectifier' ? 2 / inputs : 2 / (inputs + outputs);
  return { kind: 'uniform', bound: Math.sqrt(3 * variance) };
}
