/**
 * What several runs share: one preparation, with the teacher's answers, for as long as their specifications ask for the same
 * data and the same teacher. Each run has the labelled subset and the noise of its own seed over it.
 */
import type { RunSpec } from '../spec/runSpec.ts';
import type { DatasetOfRun, Prepared } from './prepare.ts';

interface Known {
  readonly key: string;
  readonly prepared: Prepared;
  /** Made here, so given back here. */
  readonly own: boolean;
}

export class Preparations {
  readonly #dataOf: (spec: RunSpec) => Promise<DatasetOfRun>;
  readonly #prepare: (spec: RunSpec, data: DatasetOfRun) => Promise<Prepared>;
  #known: Known | null;

  /** `first` belongs to the caller, who gives it back. */
  constructor(
    dataOf: (spec: RunSpec) => Promise<DatasetOfRun>,
    prepare: (spec: RunSpec, data: DatasetOfRun) => Promise<Prepared>,
    first: { readonly spec: RunSpec; readonly prepared: Prepared } | null = null,
  ) {
    this.#dataOf = dataOf;
    this.#prepare = prepare;
    this.#known = first === null ? null : { key: keyOf(first.spec), prepared: first.prepared, own: false };
  }

  /** Of one run, until the next is asked for. Errors: those of the data and of its preparation. */
  async of(spec: RunSpec): Promise<Prepared> {
    const data = await this.#dataOf(spec);
    const key = keyOf(spec);
    if (this.#known?.key !== key) {
      this.release();
      this.#known = { key, prepared: await this.#prepare(spec, data), own: true };
    }
    return { ...this.#known.prepared, dataset: data.dataset };
  }

  release(): void {
    if (this.#known?.own === true) this.#known.prepared.release();
    this.#known = null;
  }
}

/** All of a specification that its preparation depends on. Which rows there are is fixed by `data.dataSeed`, not by the seed. */
function keyOf({ data, teacher, objective }: RunSpec): string {
  return JSON.stringify([data, teacher, objective.hidden]);
}
