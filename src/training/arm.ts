/**
 * One student in a run: its state on the executor and the Programs bound to it. The Programs are templates that arms
 * with equal losses share; the state is the arm's own.
 */

import { healthLength } from '../kernels/gradientScale.ts';
import type { Model } from '../ops/compile.ts';
import type { ArmSpec } from '../spec/runSpec.ts';
import type { Executor, Placement, Storage } from '../tensor/executor.ts';
import { type FlatBuffer, slotName } from '../tensor/parameters.ts';
import { aligned } from '../tensor/program.ts';

/** Numbers of an arm that a checkpoint keeps, by name. */
export type ArmNumbers = ReadonlyMap<string, Float32Array<ArrayBuffer>>;

export class Arm {
  readonly spec: ArmSpec;
  readonly model: Model;
  readonly health: Storage;
  readonly #executor: Executor;
  readonly #flat = new Map<string, Storage>();
  readonly #roles = new Map<string, Storage>();

  /** With an averaged copy of its weights where it learns from one. Frees what it has where the rest is refused. */
  constructor(executor: Executor, spec: ArmSpec, model: Model, averaged = false) {
    this.#executor = executor;
    this.spec = spec;
    this.model = model;
    this.health = executor.allocate('health', 'f32', healthLength);
    try {
      for (const buffer of ['parameters', 'first', 'second'] as const) this.#allocate(buffer);
      if (averaged) this.#allocate('average');
      model.tape.table.roles().forEach((roles, segment) => {
        const storage = executor.allocate(`roles.${segment}`, 'f32', roles.length);
        this.#roles.set(`roles.${segment}`, storage);
        executor.write(storage, roles);
      });
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** First weights of `seed`, which are also the average; moments and health zeroed. */
  initialise(seed: number): void {
    this.model.tape.table.initialise(seed).forEach((numbers, segment) => {
      for (const own of ['parameters', 'average'] as const) this.#write(slotName(own, segment), numbers);
      for (const moment of ['first', 'second'] as const) {
        this.#write(slotName(moment, segment), new Float32Array(numbers.length));
      }
    });
    this.#executor.write(this.health, new Float32Array(healthLength));
  }

  /** Bytes of what `save` reads. */
  get bytes(): number {
    return [...this.#flat.values()].reduce((sum, { length }) => sum + 4 * length, 4 * healthLength);
  }

  /** Errors: RangeError where there is no such segment. */
  flat(buffer: FlatBuffer, segment: number): Storage {
    const storage = this.#flat.get(slotName(buffer, segment));
    if (storage === undefined) throw new RangeError(`an arm has no ${slotName(buffer, segment)}`);
    return storage;
  }

  get placements(): ReadonlyMap<string, Placement> {
    const all = [...this.#flat, ...this.#roles, ['health', this.health] as const];
    return new Map(all.map(([name, storage]) => [name, { storage }]));
  }

  /** An averaged copy of the weights is kept. */
  get averaged(): boolean {
    return this.#flat.has(slotName('average', 0));
  }

  /** Its averaged copy in place of its weights, for passes that are not training; null where it keeps none. */
  get averagePlacements(): ReadonlyMap<string, Placement> | null {
    if (!this.averaged) return null;
    const averages = this.model.tape.table.segments.map((_, segment): [string, Placement] => [
      slotName('parameters', segment),
      { storage: this.flat('average', segment) },
    ]);
    return new Map([...this.placements, ...averages]);
  }

  /** The weights of every tensor, in table order, or their averages. Errors: RangeError where none are kept. */
  async parameters(
    buffer: 'parameters' | 'average' = 'parameters',
  ): Promise<readonly Float32Array<ArrayBuffer>[]> {
    const segments = await Promise.all(
      this.model.tape.table.segments.map((_, segment) => this.#read(slotName(buffer, segment))),
    );
    return this.model.tape.table.entries.map(({ segment, offset, length }) =>
      (segments[segment] ?? new Float32Array()).slice(offset, offset + length),
    );
  }

  /** As it stands after everything run so far: every copy is asked for before the first is awaited. */
  async save(): Promise<ArmNumbers> {
    const all = [...this.#flat, ['health', this.health] as const];
    return new Map(
      await Promise.all(
        all.map(async ([name, storage]) => [name, await this.#executor.read(storage)] as const),
      ),
    );
  }

  /** Errors: RangeError where the numbers are of another student. */
  restore(numbers: ArmNumbers): void {
    for (const [name, storage] of [...this.#flat, ['health', this.health] as const]) {
      const kept = numbers.get(name);
      if (kept === undefined || kept.length !== storage.length)
        throw new RangeError(`${name} does not fit this student`);
      this.#executor.write(storage, kept);
    }
  }

  dispose(): void {
    for (const storage of [...this.#flat.values(), ...this.#roles.values(), this.health]) storage.dispose();
  }

  #allocate(buffer: FlatBuffer): void {
    this.model.tape.table.segments.forEach((length, segment) => {
      const name = slotName(buffer, segment);
      this.#flat.set(name, this.#executor.allocate(name, 'f32', aligned(Math.max(1, length))));
    });
  }

  #read(name: string): Promise<Float32Array<ArrayBuffer>> {
    const storage = this.#flat.get(name);
    if (storage === undefined) throw new RangeError(`an arm has no ${name}`);
    return this.#executor.read(storage);
  }

  #write(name: string, numbers: Float32Array<ArrayBuffer>): void {
    const storage = this.#flat.get(name);
    if (storage !== undefined) this.#executor.write(storage, numbers);
  }
}
