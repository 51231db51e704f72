/**
 * The tape: a student as a list of nodes over values, written by functions that read like a forward pass. Shapes
 * leave the batch out. A node knows the kernels that run it, its vector–Jacobian product, its ONNX nodes and its
 * cost; compile.ts turns the tape into Programs. No numbers and no batch size live here.
 */
import type { OnnxBuilder } from '../tensor/onnxGraph.ts';
import { type Parameter, type ParameterSpec, ParameterTable } from '../tensor/parameters.ts';
import type { Window } from '../tensor/program.ts';
import type { Contribution, Recorder } from './recorder.ts';

export interface Value {
  readonly id: number;
  /** Of one sample: [features], [channels, height, width], or for text [positions] tokens, [positions, features]. */
  readonly shape: readonly number[];
}

/** Activations that a product can apply as it writes, because their derivative follows from their result. */
export type FusedActivation = 'none' | 'relu' | 'tanh';

export interface Cost {
  /** Of one sample, forward. A multiply–add counts as two. */
  readonly flops: number;
}

export interface Node {
  readonly op: string;
  readonly inputs: readonly Value[];
  readonly output: Value;
  readonly parameters: readonly Parameter[];
  /** Already applied to the output; its derivative may be applied by whoever contributes to the output's gradient. */
  readonly activation: FusedActivation;
  readonly cost: Cost;
  forward(recorder: Recorder): void;
  /** Adds its contributions to the gradients of inputs and parameters; the output's gradient is complete. */
  vjp(recorder: Recorder): void;
  onnx(scope: OnnxScope): void;
  /** For a last layer whose results for a whole batch would be too many (chunkedHead.ts). */
  readonly parts?: NodeParts;
  /** In place of `forward` where one new position of each sequence is computed and this op must know which. */
  step?(recorder: Recorder, step: PositionStep): void;
}

/** Where what is known of earlier positions lies while a text is written token by token (compileGenerate.ts). */
export interface PositionStep {
  /** u32 (batch): the position of each sequence, and its row in (batch × positions). */
  readonly position: Window;
  readonly place: Window;
  readonly positions: number;
  /** Rows of this width for (batch × positions), kept from step to step. */
  cache(width: number): Window;
  /** Of a parameter (positions, width), the row of each sequence's position: (batch, width). */
  rowOf(parameter: Parameter): Window;
}

/** Some rows of a batch, `first` a multiple of 64: where their results, or the gradient at these, lie by themselves. */
export interface RowPart {
  readonly first: number;
  readonly rows: number;
  readonly results: Window;
}

/** What a node can do for some of its rows at a time. */
export interface NodeParts {
  forward(recorder: Recorder, part: RowPart): void;
  /** `part.results` holds the gradient. Gradients of parameters are added up over parts; `dx` is of all rows, or null. */
  vjp(recorder: Recorder, part: RowPart, dx: Contribution | null): void;
}

/** Names of values and access to trained numbers while a student is written as ONNX. */
export interface OnnxScope {
  readonly builder: OnnxBuilder;
  nameOf(value: Value): string;
  setName(value: Value, name: string): void;
  /** Adds the parameter as an initialiser and returns its name. */
  parameter(parameter: Parameter): string;
  /** What a model of text is given beside its tokens. Errors: RangeError for a model of anything else. */
  readonly sequence: OnnxSequence;
}

export interface OnnxKeys {
  readonly keys: string;
  readonly values: string;
  /** Of keys and values. */
  readonly heads: number;
  readonly width: number;
}

/** Names of the values that ops over positions need in a graph. */
export interface OnnxSequence {
  /** int64, [S] or [N, S]. */
  readonly positions: string;
  /**
   * Puts what came before, P positions of it, in front of a layer's keys and values [N, heads, S, width], where there is
   * a cache. `seen`, bool [S, P + S]: which of them each query may see.
   */
  extend(layer: number, own: OnnxKeys): OnnxKeys & { readonly seen: string };
}

export class Tape {
  readonly nodes: Node[] = [];
  readonly table: ParameterTable;
  readonly #aliases = new Map<number, number>();
  #next = 0;
  #named = 0;

  constructor(maxElements?: number) {
    this.table = new ParameterTable(maxElements);
  }

  value(shape: readonly number[]): Value {
    this.#next += 1;
    return { id: this.#next - 1, shape };
  }

  parameter(spec: ParameterSpec): Parameter {
    return this.table.add(spec);
  }

  push(node: Node): Value {
    this.nodes.push(node);
    return node.output;
  }

  /** The same numbers under another shape. */
  alias(value: Value, shape: readonly number[]): Value {
    const alias = this.value(shape);
    this.#aliases.set(alias.id, this.root(value));
    return alias;
  }

  /** The id of the value whose memory this one is. */
  root(value: Value): number {
    return this.#aliases.get(value.id) ?? value.id;
  }

  /** A number for each layer that asks, so that equal layers have different names and random streams. */
  count(): number {
    this.#named += 1;
    return this.#named - 1;
  }
}

/** Rows of one sample: one a position in [positions, features], else one. */
export function positionsOf({ shape }: Value): number {
  return shape.length === 2 ? (shape[0] ?? 1) : 1;
}

/** Numbers in one row of this value. */
export function featuresOf(value: Value): number {
  return sizeOf(value) / positionsOf(value);
}

/** Numbers in one sample of this value. */
export function sizeOf(value: Value): number {
  return value.shape.reduce((product, n) => product * n, 1);
}
