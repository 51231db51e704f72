/**
 * The parameter table: for each tensor of a student its place in the flat buffers, its shape and its roles. Parameters,
 * gradients and moments share the layout, so updating, clipping, averaging and checkpointing are one pass a segment.
 * It holds no numbers but can draw the initial ones.
 */
import { StillroomError } from '../spec/errors.ts';
import { aligned, type Window, windowAlignment } from './program.ts';
import { RandomStream, subSeed } from './random.ts';

export type Initialiser =
  /** Uniform in [−bound, bound). */
  | { readonly kind: 'uniform'; readonly bound: number }
  | { readonly kind: 'normal'; readonly deviation: number }
  /** Of a matrix: 1 on the diagonal, as far as it goes, 0 elsewhere. */
  | { readonly kind: 'identity' }
  | { readonly kind: 'constant'; readonly value: number }
  /** A table that is computed once, on the CPU. */
  | { readonly kind: 'numbers'; readonly numbers: Float32Array<ArrayBuffer> };

export interface ParameterSpec {
  /** Unique; the name in exports: `layers.0.weight`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly initialiser: Initialiser;
  /** Takes part in weight decay: weights do, biases and gains do not. */
  readonly decay: boolean;
  /** Part of the exported student; a projection is not. */
  readonly exported: boolean;
  /** A constant that lies among the parameters and is never updated. */
  readonly frozen?: boolean;
}

export interface Parameter extends ParameterSpec {
  readonly segment: number;
  /** First element within the segment, a multiple of `windowAlignment`. */
  readonly offset: number;
  readonly length: number;
}

/** The flat buffers of one arm, by the stem of their slots: `parameters.0`, `gradients.0`, … */
export type FlatBuffer = 'parameters' | 'gradients' | 'first' | 'second' | 'average';

export class ParameterTable {
  readonly #entries: Parameter[] = [];
  readonly #lengths: number[] = [0];
  readonly #most: number;

  /** `maxElements`: what one binding holds; a tensor never lies across two segments. */
  constructor(maxElements = 2 ** 25) {
    this.#most = maxElements;
  }

  get entries(): readonly Parameter[] {
    return this.#entries;
  }

  /** Length of each segment in elements. */
  get segments(): readonly number[] {
    return this.#lengths;
  }

  /** Numbers of the exported student. */
  get exportedCount(): number {
    return this.#entries.filter((entry) => entry.exported).reduce((sum, entry) => sum + entry.length, 0);
  }

  /** Errors: `parameter-too-large`. */
  add(spec: ParameterSpec): Parameter {
    const length = spec.shape.reduce((product, n) => product * n, 1);
    const room = aligned(length);
    if (room > this.#most) {
      throw new StillroomError({
        code: 'parameter-too-large',
        problem: `The tensor ${spec.name} is larger than this adapter binds`,
        got: `${spec.shape.join(' × ')} numbers`,
        wanted: `at most ${this.#most}`,
        remedy: 'Choose narrower layers',
        control: 'student.hidden',
      });
    }
    let segment = this.#lengths.length - 1;
    if ((this.#lengths[segment] ?? 0) + room > this.#most) {
      this.#lengths.push(0);
      segment += 1;
    }
    const offset = this.#lengths[segment] ?? 0;
    this.#lengths[segment] = offset + room;
    const entry: Parameter = { ...spec, segment, offset, length };
    this.#entries.push(entry);
    return entry;
  }

  /**
   * Initial numbers of every segment, the same for the same seed on every machine: only u32 arithmetic and one
   * multiplication a number, but for normal ones, which are rounded. Each tensor has a stream of its own, so one more layer leaves the others as they were.
   */
  initialise(seed: number): readonly Float32Array<ArrayBuffer>[] {
    const segments = this.#lengths.map((length) => new Float32Array(length));
    const initialisation = subSeed(seed, 'initialisation');
    for (const { name, shape, segment, offset, length, initialiser } of this.#entries) {
      const random = new RandomStream(subSeed(initialisation, name), 0, 0);
      const draw = drawing(initialiser, shape, random);
      segments[segment]?.set(Float32Array.from({ length }, draw), offset);
    }
    return segments;
  }

  /** Per block of `windowAlignment` elements: multiplier of weight decay, multiplier of the learning rate. */
  roles(): readonly Float32Array<ArrayBuffer>[] {
    const segments = this.#lengths.map((length) => new Float32Array((2 * length) / windowAlignment));
    for (const { segment, offset, length, decay, frozen = false } of this.#entries) {
      const roles = segments[segment];
      if (roles === undefined) continue;
      for (let block = offset / windowAlignment; block * windowAlignment < offset + length; block++) {
        roles[2 * block] = decay ? 1 : 0;
        roles[2 * block + 1] = frozen ? 0 : 1;
      }
    }
    return segments;
  }
}

function drawing(
  initialiser: Initialiser,
  shape: readonly number[],
  random: RandomStream,
): (_: unknown, i: number) => number {
  switch (initialiser.kind) {
    case 'numbers':
      return (_, i) => initialiser.numbers[i] ?? 0;
    case 'uniform':
      return () => (2 * random.unit() - 1) * initialiser.bound;
    case 'normal':
      // Rounded, since engines differ in the last bit of a logarithm.
      return () => (Math.round(random.normal() * 2 ** 16) / 2 ** 16) * initialiser.deviation;
    case 'identity': {
      const columns = shape[1] ?? 1;
      return (_, i) => (Math.floor(i / columns) === i % columns ? 1 : 0);
    }
    case 'constant':
      return () => initialiser.value;
  }
}

/** Where a parameter (or its gradient, or a moment) lies. */
export function parameterWindow(buffer: FlatBuffer, { segment, offset, length }: Parameter): Window {
  return { slot: slotName(buffer, segment), offset, length };
}

export function slotName(buffer: FlatBuffer, segment: number): string {
  return `${buffer}.${segment}`;
}
