/**
 * Records kernel calls for one tape at one batch size: names the tensors, follows which gradients were written
 * already, and hands out the windows that ops put into their calls. Memory is planned afterwards (tensor/plan.ts).
 */
import type { Kernel } from '../tensor/kernel.ts';
import { type Parameter, parameterWindow } from '../tensor/parameters.ts';
import { call, type KernelCall, type Window } from '../tensor/program.ts';
import {
  type FusedActivation,
  featuresOf,
  type Node,
  positionsOf,
  sizeOf,
  type Tape,
  type Value,
} from './tape.ts';

/** Where a contribution to a gradient goes. */
export interface Contribution {
  readonly window: Window;
  /** Something was written there before: add to it. */
  readonly accumulate: boolean;
}

/** A contribution to the gradient of a fused activation's result, which may apply the derivative as it writes. */
export interface FusedContribution extends Contribution {
  readonly activation: FusedActivation;
  /** The saved result, from which the derivative follows. */
  readonly saved: Window;
}

export interface RecorderOptions {
  readonly batch: number;
  readonly training: boolean;
  /** Products on a CPU adapter take other variants than on a GPU. */
  readonly software: boolean;
  /** Least lanes of a subgroup; 0 unless told. */
  readonly subgroup?: number;
  /** Most invocations of a workgroup; 256, which every adapter has, unless told. */
  readonly workgroup?: number;
  /** Parameter gradients of earlier batches are in the buffers: add to them. */
  readonly accumulate: boolean;
  /** Values that lie in slots of the Program instead of in slabs, by root id. */
  readonly fixed: ReadonlyMap<number, string>;
  /** One new position of each sequence, and not all of them. */
  readonly onePosition?: boolean;
}

export class Recorder {
  readonly batch: number;
  readonly training: boolean;
  readonly software: boolean;
  readonly subgroup: number;
  readonly workgroup: number;
  readonly calls: KernelCall[] = [];
  readonly tensors = new Map<string, number>();
  readonly #tape: Tape;
  readonly #options: RecorderOptions;
  readonly #written = new Set<string>();
  readonly #fused = new Set<number>();
  readonly #gradientNames = new Map<number, string>();
  readonly #consumers = new Map<number, number>();
  readonly #producers = new Map<number, Node>();
  readonly #same = new Map<number, number>();
  #scratch = 0;

  constructor(tape: Tape, options: RecorderOptions) {
    this.#tape = tape;
    this.#options = options;
    this.batch = options.batch;
    this.training = options.training;
    this.software = options.software;
    this.subgroup = options.subgroup ?? 0;
    this.workgroup = options.workgroup ?? 256;
    for (const node of tape.nodes) {
      // A change of shape neither makes nor uses numbers.
      if (node.inputs.some((input) => tape.root(input) === tape.root(node.output))) continue;
      this.#producers.set(tape.root(node.output), node);
      for (const input of node.inputs) this.#addConsumer(input);
    }
  }

  #addConsumer(value: Value): void {
    const root = this.#tape.root(value);
    this.#consumers.set(root, (this.#consumers.get(root) ?? 0) + 1);
  }

  emit<P>(kernel: Kernel<P>, params: P, args: readonly Window[]): void {
    this.calls.push(call(kernel, params, args));
  }

  /** Rows of a value over the batch: one a position of text, else one a sample. */
  rowsOf(value: Value): number {
    return this.#options.onePosition ? this.batch : this.batch * positionsOf(value);
  }

  /** Numbers of a value over the batch. */
  lengthOf(value: Value): number {
    if (!this.#options.onePosition) return this.batch * sizeOf(value);
    // Text: a row of [positions, features], or a token.
    return value.shape.length === 2 ? this.batch * featuresOf(value) : this.batch;
  }

  /** (batch, …shape) of the value itself. */
  value(value: Value): Window {
    const root = this.#root(value);
    const fixed = this.#options.fixed.get(root);
    const length = this.lengthOf(value);
    if (fixed !== undefined) return { slot: fixed, offset: 0, length };
    return this.#tensor(`value.${root}`, length);
  }

  /** Nothing happens between the two: reading `to` reads `from` (dropout in evaluation). */
  passOn(from: Value, to: Value): void {
    this.#same.set(this.#tape.root(to), this.#root(from));
  }

  parameter(parameter: Parameter): Window {
    return parameterWindow('parameters', parameter);
  }

  /** A tensor of this call sequence alone. */
  scratch(length: number): Window {
    this.#scratch += 1;
    return this.#tensor(`scratch.${this.#scratch}`, length);
  }

  /** A tensor kept from the forward to the backward pass of one node (statistics, say). */
  saved(node: Value, name: string, length: number): Window {
    return this.#tensor(`saved.${node.id}.${name}`, length);
  }

  /** Something on the tape needs the gradient of this value. */
  needsGradient(value: Value): boolean {
    return this.#producers.has(this.#tape.root(value));
  }

  hasGradient(value: Value): boolean {
    return this.#written.has(this.#gradientName(value));
  }

  /** The gradient of a value, complete when its producer asks. */
  gradient(value: Value): Window {
    return this.#tensor(this.#gradientName(value), this.lengthOf(value));
  }

  /** Where to write, or add, a contribution to the gradient of a value. */
  contribute(value: Value): Contribution {
    const name = this.#gradientName(value);
    const accumulate = this.#written.has(name);
    this.#written.add(name);
    return { window: this.gradient(value), accumulate };
  }

  /**
   * Like `contribute`, for kernels that can multiply by the derivative of a fused activation: offered where this is
   * the only contribution, and then the producer is told not to do it again.
   */
  contributeFused(value: Value): FusedContribution {
    const root = this.#tape.root(value);
    const activation = this.#producers.get(root)?.activation ?? 'none';
    const only = this.#consumers.get(root) === 1;
    const contribution = this.contribute(value);
    // What is there already, from a loss on this very value, has not been multiplied.
    if (activation === 'none' || !only || contribution.accumulate)
      return { ...contribution, activation: 'none', saved: contribution.window };
    this.#fused.add(root);
    return { ...contribution, activation, saved: this.value(value) };
  }

  /** The derivative of the value's fused activation was applied by its consumer. */
  derivativeApplied(value: Value): boolean {
    return this.#fused.has(this.#tape.root(value));
  }

  parameterGradient(parameter: Parameter): Contribution {
    const name = `parameter.${parameter.name}`;
    const accumulate = this.#options.accumulate || this.#written.has(name);
    this.#written.add(name);
    return { window: parameterWindow('gradients', parameter), accumulate };
  }

  /**
   * Lets the gradient of `from`, which nobody reads any more, become that of `to`, for vjps that work in place.
   * False where `to` has a contribution already: then the caller adds it.
   */
  moveGradient(from: Value, to: Value): boolean {
    if (this.hasGradient(to)) return false;
    const name = this.#gradientName(from);
    this.#gradientNames.set(this.#tape.root(to), name);
    this.#written.add(name);
    return true;
  }

  #root(value: Value): number {
    const root = this.#tape.root(value);
    return this.#same.get(root) ?? root;
  }

  #gradientName(value: Value): string {
    const root = this.#tape.root(value);
    return this.#gradientNames.get(root) ?? `gradient.${root}`;
  }

  #tensor(name: string, length: number): Window {
    this.tensors.set(name, Math.max(length, this.tensors.get(name) ?? 0));
    return { slot: name, offset: 0, length };
  }
}
