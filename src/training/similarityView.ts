/**
 * The map of similarity: every layer of every student against inner tensors of the teacher, over a few held-out rows. The
 * teacher answers once; students run between steps in buffers of their own, are read back together, and are compared
 * here in float64. No step waits for it.
 */
import { sampleSize } from '../data/task.ts';
import { type CompiledStates, compileStates } from '../ops/compileStates.ts';
import type { SimilarityPicture } from '../protocol/similarity.ts';
import { StillroomError } from '../spec/errors.ts';
import { inspectTeacher } from '../teachers/onnx/inspect.ts';
import type { BoundProgram } from '../tensor/executor.ts';
import { OwnProgram } from './ownProgram.ts';
import type { TeacherHost } from './prepare.ts';
import type { Race } from './race.ts';
import { alignment, type Relations, relationsOf } from './similarity.ts';

/** Rows that are compared at most. CKA of fewer rows than numbers in a state is high by chance. */
const mostRows = 128;
/** Tensors of the teacher that are shown, spread over its depth; those that a loss names come first. */
const mostTensors = 12;

interface Taught {
  readonly tensors: readonly string[];
  readonly relations: readonly Relations[];
}

export class SimilarityView {
  readonly #race: Race;
  readonly #states: CompiledStates['states'];
  readonly #program: OwnProgram;
  readonly #arms: readonly BoundProgram[];
  readonly #rows: Rows;
  readonly #taught: Taught;

  /** Errors: `similarity-none` where there are no held-out rows or no teacher; those of the teacher and of the executor. */
  static async create(race: Race, host: Pick<TeacherHost, 'openRows'>): Promise<SimilarityView> {
    const [arm] = race.trainer.arms;
    const rows = rowsOf(race);
    if (arm === undefined || rows.kept.length < 2) throw nothingToCompare('held-out rows');
    const { source } = race.trainer.spec.teacher;
    if (source === 'none' || source === 'average') throw nothingToCompare('a teacher of its own');
    const taught = await askTeacher(race, rows, host);
    const { planned, states } = compileStates(arm.model, {
      batch: rows.samples,
      software: race.executor.adapter.software,
    });
    return new SimilarityView(race, rows, taught, states, await OwnProgram.create(race.executor, planned));
  }

  private constructor(
    race: Race,
    rows: Rows,
    taught: Taught,
    states: CompiledStates['states'],
    program: OwnProgram,
  ) {
    this.#race = race;
    this.#rows = rows;
    this.#taught = taught;
    this.#states = states;
    this.#program = program;
    this.#arms = race.trainer.arms.map((arm) => program.bind(arm));
  }

  /** All arms as they stand now. */
  async picture(): Promise<SimilarityPicture> {
    const { executor } = this.#race;
    const { samples, kept, positions, inputs } = this.#rows;
    executor.write(this.#program.storage('input'), inputs);
    // All is handed over before the first state is awaited, so that no step comes in between.
    const reading = this.#arms.map((bound) => {
      executor.run([bound]);
      return Promise.all(
        this.#states.map(({ slot, size }) => executor.read(this.#program.storage(slot), 0, samples * size)),
      );
    });
    const { tensors, relations } = this.#taught;
    const arms = (await Promise.all(reading)).map((states) => {
      const own = states.map((state) => relationsOf(chosen(state, kept, samples * positions), kept.length));
      return Float32Array.from(own.flatMap((layer) => relations.map((tensor) => alignment(layer, tensor))));
    });
    const layers = this.#states.map(({ size }) => size / positions);
    return { layers, tensors, rows: kept.length, arms };
  }

  dispose(): void {
    this.#program.dispose();
  }
}

interface Rows {
  readonly samples: number;
  readonly positions: number;
  readonly inputs: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;
  /** Of all rows of these samples, those that are no padding. */
  readonly kept: readonly number[];
}

/** Of the validation rows, on which nothing is trained and no headline is measured. */
function rowsOf({ prepared }: Race): Rows {
  const { validation, positions, inputShape } = prepared.dataset;
  const samples = Math.min(validation.n, Math.max(1, Math.floor(mostRows / positions)));
  const all = Array.from({ length: samples * positions }, (_, row) => row);
  return {
    samples,
    positions,
    inputs: validation.inputs.slice(0, samples * sampleSize(inputShape)),
    kept: all.filter((row) => validation.valid[row] === 1).slice(0, mostRows),
  };
}

/** The chosen of `rows` rows. */
function chosen(states: Float32Array, kept: readonly number[], rows: number): Float32Array {
  const size = states.length / rows;
  const found = new Float32Array(kept.length * size);
  for (const [i, row] of kept.entries()) found.set(states.subarray(row * size, (row + 1) * size), i * size);
  return found;
}

async function askTeacher(race: Race, rows: Rows, host: Pick<TeacherHost, 'openRows'>): Promise<Taught> {
  const model = await race.prepared.model();
  const named = race.trainer.spec.objective.hidden?.pairs.map(({ teacher }) => teacher) ?? [];
  const offered = (await inspectTeacher(model.bytes, model.external)).taps.map(({ name }) => name);
  const tensors = spread(offered, named);
  if (tensors.length === 0) throw nothingToCompare('inner tensors of the teacher');
  const teacher = await host.openRows({ ...model, taps: tensors, maps: 'pool' });
  try {
    const { hidden } = await teacher.answer(rows.inputs, rows.samples);
    const all = rows.samples * rows.positions;
    const relations = hidden.map(({ values }) =>
      relationsOf(chosen(values, rows.kept, all), rows.kept.length),
    );
    return { tensors, relations };
  } finally {
    teacher.dispose();
  }
}

/** Those that are named, and others evenly over the depth, in order of depth. */
function spread(offered: readonly string[], named: readonly string[]): readonly string[] {
  const wanted = new Set(named);
  const count = Math.min(offered.length, mostTensors);
  for (let i = count - 1; i >= 0 && wanted.size < mostTensors; i--) {
    const name = offered[Math.round((i * (offered.length - 1)) / Math.max(1, count - 1))];
    if (name !== undefined) wanted.add(name);
  }
  const depth = (name: string) => offered.indexOf(name);
  return [...wanted].sort((a, b) => depth(a) - depth(b));
}

function nothingToCompare(wanted: string): StillroomError {
  return new StillroomError({
    code: 'similarity-none',
    problem: 'There is nothing to compare the layers of the students with',
    wanted,
    remedy: 'Choose a run with validation rows and a teacher whose model is at hand',
  });
}
