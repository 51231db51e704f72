/**
 * A Program that runs beside the training, over an arm's weights: everything else it needs lies in buffers of its own, so
 * that it may run between any two steps. It decides nothing.
 */
import type { BoundProgram, Executor, Placement, Storage } from '../tensor/executor.ts';
import type { Planned } from '../tensor/plan.ts';
import type { Arm } from './arm.ts';

export class OwnProgram {
  readonly #executor: Executor;
  readonly #planned: Planned;
  readonly #own = new Map<string, Storage>();

  /** Compiles, then allocates. Errors: those of the executor; nothing stays where memory is refused. */
  static async create(executor: Executor, planned: Planned): Promise<OwnProgram> {
    await executor.prepare([planned.program]);
    const made = new OwnProgram(executor, planned);
    try {
      for (const { name, dtype, length } of planned.program.slots) {
        if (!name.startsWith('parameters.'))
          made.#own.set(name, executor.allocate(`${planned.program.name} ${name}`, dtype, length));
      }
      await executor.allocated();
      return made;
    } catch (error) {
      made.dispose();
      throw error;
    }
  }

  private constructor(executor: Executor, planned: Planned) {
    this.#executor = executor;
    this.#planned = planned;
  }

  bind(arm: Arm): BoundProgram {
    return this.#bind(arm.placements);
  }

  /** The same over the arm's averaged copy; null where it keeps none. */
  bindAverage(arm: Arm): BoundProgram | null {
    const placements = arm.averagePlacements;
    return placements === null ? null : this.#bind(placements);
  }

  #bind(student: ReadonlyMap<string, Placement>): BoundProgram {
    const own = [...this.#own].map(([name, storage]): [string, Placement] => [name, { storage }]);
    return this.#executor.bind(this.#planned.program, new Map([...student, ...own]));
  }

  /** Errors: RangeError for a slot that it does not have. */
  storage(name: string): Storage {
    const storage = this.#own.get(name);
    if (storage === undefined) throw new RangeError(`${this.#planned.program.name} has no ${name}`);
    return storage;
  }

  dispose(): void {
    for (const storage of this.#own.values()) storage.dispose();
  }
}
