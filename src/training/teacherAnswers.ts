/**
 * What one model answers before a run: the rows that students learn from, and those that they are judged by. Computed once
 * where it can be kept; of texts with a large vocabulary only what shapes the run, and the teacher is asked again.
 */
import { type Dataset, sampleSize } from '../data/task.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import type { Inputs } from '../tensor/kernel.ts';
import type { TransferAnswers } from './batches.ts';
import { AskedTeacher } from './heldOut.ts';
import type { Answered, Found, Progress, Source, TeacherHost } from './prepare.ts';

/** Logits of held-out texts that are kept: 64 MiB. Where they are more the teacher is asked again each time. */
const mostStored = 2 ** 24;

/** A live teacher answers each batch of texts, hidden states too. */
export function answersLater({ teacher }: RunSpec, { positions }: Dataset): boolean {
  return positions > 1 && teacher.delivery === 'live';
}

interface Wanted {
  readonly dataset: Dataset;
  readonly grid: Float32Array<ArrayBuffer> | null;
  /** Each batch is answered as it comes. */
  readonly later: boolean;
  /** In memory, however many they are. */
  readonly whole: boolean;
}

/** Errors: those of the model and of its answers. */
export async function answersOf(
  source: Source,
  wanted: Wanted,
  host: TeacherHost,
  progress: Progress,
): Promise<Pick<Answered, 'found' | 'asked'>> {
  const { dataset, later, whole } = wanted;
  const { positions, classNames, validation, test } = dataset;
  const model = await source.model();
  const teacher = new AskedTeacher(() => host.openRows(model));
  const heldOut = (validation.n + test.n) * positions * classNames.length;
  if (positions > 1 && !whole && heldOut > mostStored) {
    const tell = (done: number, total: number) => progress('answers', done, total);
    const transfer = await transferOf(teacher, dataset, later, tell);
    const nothing = { validation: new Float32Array(), test: new Float32Array(), grid: null };
    return { found: { transfer, ...nothing }, asked: teacher };
  }
  const { input, logits, taps, maps } = model;
  const asked = [source.identity.sha256, dataset.fingerprint, input, logits, taps, maps];
  const key = JSON.stringify(later ? [...asked, 'held out'] : asked);
  const known = await host.kept?.get(key);
  if (known !== undefined && known !== null) return { found: known, asked: null };
  try {
    const found = await allOf(teacher, wanted, progress);
    // Nobody waits for a file to be written.
    void host.kept?.put(key, found);
    return { found, asked: null };
  } finally {
    teacher.dispose();
  }
}

async function allOf(
  teacher: AskedTeacher,
  { dataset, grid, later }: Wanted,
  progress: Progress,
): Promise<Found> {
  const { transfer, validation, test, inputShape } = dataset;
  const gridRows = grid === null ? 0 : grid.length / sampleSize(inputShape);
  const first = later ? 1 : transfer.n;
  const total = first + validation.n + test.n + gridRows;
  let before = 0;
  const all = async (inputs: Inputs, n: number) => {
    const { logits } = await teacher.answer(inputs, n, (done) => progress('answers', before + done, total));
    before += n;
    return logits;
  };
  const taught = await transferOf(teacher, dataset, later, (done) => progress('answers', done, total));
  before = first;
  return {
    transfer: taught,
    validation: await all(validation.inputs, validation.n),
    test: await all(test.inputs, test.n),
    grid: grid === null ? null : await all(grid, gridRows),
  };
}

/** `later`: the first text alone, whose hidden states say how wide they are. */
async function transferOf(
  teacher: AskedTeacher,
  { transfer, inputShape }: Dataset,
  later: boolean,
  progress: (done: number, total: number) => void,
): Promise<TransferAnswers> {
  const n = later ? 1 : transfer.n;
  const inputs = transfer.inputs.subarray(0, n * sampleSize(inputShape));
  const { logits, hidden } = await teacher.answer(inputs, n, (done) => progress(done, n));
  return { logits: later ? null : logits, hidden };
}
