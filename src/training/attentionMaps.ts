/**
 * Where models look: the weights of attention over a text, of students from their queries and keys, of a teacher from a
 * tensor of it that holds them. On the CPU, in float64, for pictures; nothing is trained with them.
 */
import type { AttentionHeads } from '../ops/attention.ts';
import { compileQueries } from '../ops/compileQueries.ts';
import type { AttentionMap } from '../protocol/texts.ts';
import type { StudentSpec } from '../spec/runSpec.ts';
import type { BoundProgram } from '../tensor/executor.ts';
import { OwnProgram } from './ownProgram.ts';
import type { Race } from './race.ts';

/** (heads, n, n): softmax over the keys up to each query's own. `queries` (≥ n, heads · width), `keys` (≥ n, kvHeads · width). */
export function attentionWeights(
  queries: Float32Array,
  keys: Float32Array,
  { heads, kvHeads, width }: AttentionHeads,
  n: number,
): Float32Array<ArrayBuffer> {
  const weights = new Float32Array(heads * n * n);
  const scores = new Float64Array(n);
  for (let head = 0; head < heads; head++) {
    const shared = Math.floor(head / (heads / kvHeads));
    for (let i = 0; i < n; i++) {
      let largest = Number.NEGATIVE_INFINITY;
      for (let j = 0; j <= i; j++) {
        const [q, k] = [(i * heads + head) * width, (j * kvHeads + shared) * width];
        let dot = 0;
        for (let c = 0; c < width; c++) dot += (queries[q + c] ?? 0) * (keys[k + c] ?? 0);
        scores[j] = dot / Math.sqrt(width);
        largest = Math.max(largest, scores[j] ?? 0);
      }
      let total = 0;
      for (let j = 0; j <= i; j++) {
        scores[j] = Math.exp((scores[j] ?? 0) - largest);
        total += scores[j] ?? 0;
      }
      for (let j = 0; j <= i; j++) weights[(head * n + i) * n + j] = (scores[j] ?? 0) / total;
    }
  }
  return weights;
}

/**
 * (heads, n, n) from rows (positions, heads · positions) of a teacher's tensor. Null where they are no weights: negative,
 * or not adding up to 1 over the keys that are before.
 */
export function taughtWeights(
  values: Float32Array,
  size: number,
  positions: number,
  n: number,
): { readonly heads: number; readonly weights: Float32Array<ArrayBuffer> } | null {
  const heads = size / positions;
  if (!Number.isInteger(heads)) return null;
  const weights = new Float32Array(heads * n * n);
  for (let head = 0; head < heads; head++) {
    for (let i = 0; i < n; i++) {
      const first = i * size + head * positions;
      const own = values.subarray(first, first + i + 1);
      const total = own.reduce((sum, w) => sum + w, 0);
      if (own.some((w) => w < 0) || Math.abs(total - 1) > tolerance) return null;
      weights.set(own, (head * n + i) * n);
    }
  }
  return { heads, weights };
}

/** What float16 and quantised models leave of a sum of 1. */
const tolerance = 0.02;

/** Queries and keys of all students, over one text. */
export class StudentAttention {
  readonly #race: Race;
  readonly #program: OwnProgram;
  readonly #arms: readonly BoundProgram[];
  readonly #layers: number;
  readonly #of: AttentionHeads;

  /** Null where the students have no attention. Errors: those of the executor. */
  static async create(race: Race): Promise<StudentAttention | null> {
    const [arm] = race.trainer.arms;
    const { student } = race.trainer.spec;
    if (arm === undefined || student.kind !== 'transformer') return null;
    const { software } = race.executor.adapter;
    const planned = compileQueries(arm.model, { batch: 1, software });
    return new StudentAttention(
      race,
      await OwnProgram.create(race.executor, planned),
      planned.layers,
      student,
    );
  }

  private constructor(
    race: Race,
    program: OwnProgram,
    layers: number,
    { heads, kvHeads, width }: StudentSpec & { kind: 'transformer' },
  ) {
    this.#race = race;
    this.#program = program;
    this.#layers = layers;
    this.#of = { heads, kvHeads, width: width / heads };
    this.#arms = race.trainer.arms.map((arm) => program.bind(arm));
  }

  /** Maps of each arm over the first `n` tokens of this text. */
  async maps(inputs: Uint32Array<ArrayBuffer>, n: number): Promise<readonly (readonly AttentionMap[])[]> {
    const { executor } = this.#race;
    executor.write(this.#program.storage('input'), inputs);
    const layers = Array.from({ length: this.#layers }, (_, layer) => layer);
    // All is handed over before the first answer is awaited, so that no step comes in between.
    const reading = this.#arms.map((bound) => {
      executor.run([bound]);
      const read = (name: string) => executor.read(this.#program.storage(name));
      return Promise.all(
        layers.map((layer) => Promise.all([read(`queries.${layer}`), read(`keys.${layer}`)])),
      );
    });
    return (await Promise.all(reading)).map((all) =>
      all.map(([queries, keys], layer) => ({
        ...{ name: String(layer + 1), heads: this.#of.heads },
        weights: attentionWeights(queries, keys, this.#of, n),
      })),
    );
  }

  dispose(): void {
    this.#program.dispose();
  }
}
