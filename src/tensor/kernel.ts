/**
 * What a kernel is: the interface of a WGSL file, its dispatch, and the plain-TypeScript function that computes the
 * same. No kernel lives here, and nothing here knows a GPU.
 *
 * Bind group 0 of every kernel: its storage bindings 0…n−1 in order, then the static shape window (uniform) at n,
 * then, where `live` is true, the live window (uniform, `shaders/lib/live.wgsl`) at n+1.
 */
import type { LiveReader } from './live.ts';

/** What a buffer holds. The reference executor keeps f32 as float32 or float64, u32 as u32. */
export type Dtype = 'f32' | 'u32';
export type Access = 'read' | 'read_write';
/** A window of a buffer as a reference function sees it. */
export type Numbers = Float32Array | Float64Array | Uint32Array;
/** What a model is fed: features as float32, or tokens as u32. */
export type Inputs = Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

export interface Binding {
  readonly name: string;
  readonly access: Access;
  readonly dtype: Dtype;
}

/**
 * A shader file by its path without extension, text that was written for the call, a file that not every device takes, or one
 * that repeats itself.
 */
export type Source =
  | string
  | { readonly name: string; readonly text: string }
  | FeatureSource
  | RepeatedSource;

/** A file for devices with a feature of WebGPU, and one that defines the same for those without. */
export interface FeatureSource {
  readonly feature: 'subgroups';
  readonly path: string;
  readonly otherwise: string;
}

/**
 * A file with parts that stand there `times` times, from `// each k` to `// end`: there `k` is 0u, 1u, … and names end in _0, _1, …
 * for _k. From `// each f` on a part stands there for each four of them, whose names end in _k0 to _k3; `f` and _f are its number.
 * A part from `// define NAME` to `// end NAME` stands where `// use NAME` is.
 */
export interface RepeatedSource {
  readonly path: string;
  readonly times: number;
}

/** A method, so that a kernel of wider parameters serves where narrower ones are given. */
interface SourcesOf<P> {
  sources(params: P): readonly Source[];
}

export interface Kernel<P> {
  /** Stem of the WGSL file, which is also the name in read-outs: `row_loss`. */
  readonly name: string;
  /** Concatenated in this order: `['lib/live', 'distill/row_loss']`; of the parameters where they decide. */
  readonly sources: readonly Source[] | SourcesOf<P>['sources'];
  readonly bindings: readonly Binding[];
  readonly live: boolean;
  /** Pipeline constants (`override`s). Each distinct set is one compiled variant. */
  constants(params: P): Readonly<Record<string, number>>;
  /** The static window: u32 words, at most 64, in the order of the shader's `Shape` struct. */
  shape(params: P): readonly number[];
  /** Workgroups in x, y, z; each at most 65,535. */
  workgroups(params: P): readonly [number, number, number];
  /** Needed length in elements of each binding, in order; checked when a call is recorded. */
  lengths(params: P): readonly number[];
  /** The same computation by loops. `buffers` are the windows in binding order. */
  reference(params: P, buffers: readonly Numbers[], live: LiveReader): void;
}

/** Most workgroups that WebGPU dispatches in one dimension. */
export const maxWorkgroups = 65_535;

/** A one-dimensional count of workgroups folded into x and y; shaders unfold it with `flat_index` (lib/grid). */
export function grid(workgroups: number): readonly [number, number, number] {
  if (workgroups <= maxWorkgroups) return [Math.max(1, workgroups), 1, 1];
  const y = Math.ceil(workgroups / maxWorkgroups);
  return [Math.ceil(workgroups / y), y, 1];
}

/** Element `i`, or 0 past the end: for loops whose bounds are checked when the call is recorded. */
export function at(numbers: Numbers, i: number): number {
  return numbers[i] ?? 0;
}

/** Binding `i` of a reference call; its presence was checked when the call was recorded. */
export function window(buffers: readonly Numbers[], i: number): Numbers {
  const found = buffers[i];
  if (found === undefined) throw new RangeError(`binding ${i} is missing`);
  return found;
}
