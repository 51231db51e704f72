/**
 * A Program: a flat list of kernel calls over named slots, recorded once and replayed at every step. Immutable; it
 * owns no memory. An executor binds it to buffers and runs it.
 */
import { StillroomError } from '../spec/errors.ts';
import type { Binding, Dtype, Kernel, Numbers, Source } from './kernel.ts';
import type { LiveReader } from './live.ts';

/** Elements to which every window is aligned: 256 bytes of 4-byte numbers. */
export const windowAlignment = 64;

/** A named buffer that a Program needs; whoever binds it supplies one of at least this length. */
export interface Slot {
  readonly name: string;
  readonly dtype: Dtype;
  readonly length: number;
}

/** A part of a slot, in elements; `offset` is a multiple of `windowAlignment`. */
export interface Window {
  readonly slot: string;
  readonly offset: number;
  readonly length: number;
}

/** One dispatch, its parameters already resolved. */
export interface KernelCall {
  readonly kernel: KernelIdentity;
  readonly constants: Readonly<Record<string, number>>;
  readonly shape: readonly number[];
  readonly workgroups: readonly [number, number, number];
  readonly args: readonly Window[];
  reference(buffers: readonly Numbers[], live: LiveReader): void;
}

/** What is compiled: one module for each distinct name and sources. */
export interface KernelIdentity {
  readonly name: string;
  readonly sources: readonly Source[];
  readonly bindings: readonly Binding[];
  readonly live: boolean;
}

export interface Program {
  readonly name: string;
  readonly slots: readonly Slot[];
  readonly calls: readonly KernelCall[];
}

/** One call of a kernel, checked: the number of windows, their alignment and their lengths. */
export function call<P>(kernel: Kernel<P>, params: P, args: readonly Window[]): KernelCall {
  const lengths = kernel.lengths(params);
  if (args.length !== kernel.bindings.length || lengths.length !== args.length) {
    throw wrongCall(kernel.name, `${args.length} windows`, `${kernel.bindings.length}`);
  }
  kernel.bindings.forEach((binding, i) => {
    const [given, needed] = [args[i], lengths[i] ?? 0];
    if (given === undefined || given.length < needed) {
      throw wrongCall(kernel.name, `${given?.length ?? 0} elements of ${binding.name}`, `${needed}`);
    }
    if (given.offset % windowAlignment !== 0) {
      throw wrongCall(kernel.name, `${binding.name} at ${given.offset}`, `a multiple of ${windowAlignment}`);
    }
  });
  const { name, bindings, live } = kernel;
  const sources = typeof kernel.sources === 'function' ? kernel.sources(params) : kernel.sources;
  return {
    kernel: { name, sources, bindings, live },
    constants: kernel.constants(params),
    shape: kernel.shape(params),
    workgroups: kernel.workgroups(params),
    args: args.map((given, i) => ({ ...given, length: lengths[i] ?? given.length })),
    reference: (buffers, window) => kernel.reference(params, buffers, window),
  };
}

/** A whole slot as a window. */
export function whole(slot: Slot): Window {
  return { slot: slot.name, offset: 0, length: slot.length };
}

/** `length` rounded up so that the next window is aligned. */
export function aligned(length: number): number {
  return Math.ceil(length / windowAlignment) * windowAlignment;
}

function wrongCall(kernel: string, got: string, wanted: string): StillroomError {
  return new StillroomError({ code: 'kernel-call', problem: `A call of ${kernel} is wrong`, got, wanted });
}
