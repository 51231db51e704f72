/**
 * Stateless randomness: every number is a pure function of four u32 words (seed, step, sample, stream), so it can
 * be recomputed in the backward pass, after a resume, or on the GPU. `shaders/lib/random.wgsl` is its twin and
 * gives the very same bits.
 *
 * Not for secrets, and no object here is shared between runs: `RandomStream` is only a counter over the hash.
 *
 * Hash: pcg4d, M. Jarzynski and M. Olano, "Hash Functions for GPU Rendering", JCGT 9(3), 2020, followed by the
 * finaliser of MurmurHash3 over its xor-folded words, so that low bits are as good as high ones.
 */

/** The named sub-seeds of a run: what a replicate re-draws, each independently of the others. */
export const subSeedNames = ['initialisation', 'order', 'subset', 'noise'] as const;

/** Random bits of (seed, step, sample, stream), each taken modulo 2³². Result: integer in [0, 2³²). */
export function randomU32(seed: number, step: number, sample: number, stream: number): number {
  let x = (Math.imul(seed, 1664525) + 1013904223) | 0;
  let y = (Math.imul(step, 1664525) + 1013904223) | 0;
  let z = (Math.imul(sample, 1664525) + 1013904223) | 0;
  let w = (Math.imul(stream, 1664525) + 1013904223) | 0;
  x = (x + Math.imul(y, w)) | 0;
  y = (y + Math.imul(z, x)) | 0;
  z = (z + Math.imul(x, y)) | 0;
  w = (w + Math.imul(y, z)) | 0;
  x ^= x >>> 16;
  y ^= y >>> 16;
  z ^= z >>> 16;
  w ^= w >>> 16;
  x = (x + Math.imul(y, w)) | 0;
  y = (y + Math.imul(z, x)) | 0;
  z = (z + Math.imul(x, y)) | 0;
  w = (w + Math.imul(y, z)) | 0;
  return finalise(x ^ y ^ z ^ w);
}

/** Uniform in [0, 1), a multiple of 2⁻²⁴: the float32 that the shader computes, exactly. */
export function randomUnit(seed: number, step: number, sample: number, stream: number): number {
  return (randomU32(seed, step, sample, stream) >>> 8) * 2 ** -24;
}

/** A u32 seed for one purpose, independent of other names: FNV-1a over the name, mixed with the seed. */
export function subSeed(seed: number, name: string): number {
  return randomU32(seed, hashName(name), name.length, 0x5eed);
}

/** Numbers in sequence: counter n of one (seed, sample, stream). Two with equal keys give equal numbers. */
export class RandomStream {
  readonly #seed: number;
  readonly #sample: number;
  readonly #stream: number;
  #counter = 0;

  constructor(seed: number, sample: number, stream: number) {
    this.#seed = seed;
    this.#sample = sample;
    this.#stream = stream;
  }

  /** Integer in [0, 2³²). */
  u32(): number {
    const value = randomU32(this.#seed, this.#counter, this.#sample, this.#stream);
    this.#counter += 1;
    return value;
  }

  /** Uniform in [0, 1), a multiple of 2⁻²⁴. */
  unit(): number {
    return (this.u32() >>> 8) * 2 ** -24;
  }

  /** Uniform in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.unit();
  }

  /** Integer in [0, n), for n ≤ 2³²; the bias is below n/2³². */
  integer(n: number): number {
    return Math.floor((this.u32() / 2 ** 32) * n);
  }

  /**
   * Standard normal, by Box and Muller in float64; two units are spent on each. Logarithm and cosine may differ in
   * the last bit between JavaScript engines: round what must be equal everywhere.
   */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.unit()));
    return radius * Math.cos(2 * Math.PI * this.unit());
  }
}

/** The sequence called `name` under a seed: `randomStream(seed, 'initialisation')`. */
export function randomStream(seed: number, name: string): RandomStream {
  return new RandomStream(subSeed(seed, name), 0, 0);
}

/** A uniform shuffle of 0…n−1 (Fisher and Yates), the same for the same (n, seed). */
export function permutation(n: number, seed: number): Uint32Array<ArrayBuffer> {
  const order = new Uint32Array(n);
  // By hand, since every epoch asks for another one while a run plays.
  for (let i = 0; i < n; i++) order[i] = i;
  const random = new RandomStream(seed, n, 0x9e12);
  for (let i = n - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    const kept = order[i] ?? 0;
    order[i] = order[j] ?? 0;
    order[j] = kept;
  }
  return order;
}

/** Finaliser of MurmurHash3 (A. Appleby, public domain). */
function finalise(bits: number): number {
  let h = bits;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** FNV-1a over UTF-16 code units. */
function hashName(name: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193);
  return h >>> 0;
}
