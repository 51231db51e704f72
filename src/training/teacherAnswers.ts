/**
 * What one model answers before a run: the rows that students learn from, and those that they are judged by. Computed once
 * where it can be kept; of texts with a large vocabulary only what shapes the run, and the teacher is asked again.
 */
import { type Dataset, sampleSize } from '../data/task.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { addHidden, hiddenOf } from '../teachers/rowTeacher.ts';
import { type AnswerRows, cutInto, emptyTop, isTop, logitCount } from '../teachers/topAnswers.ts';
import type { Inputs } from '../tensor/kernel.ts';
import { cutAnswers, encodeAnswers, type TopCut } from './answersFile.ts';
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
  /** The largest of each row alone are learnt from. */
  readonly top: TopCut | null;
}

/** Null where all answers of a row are kept. */
export function cutOf(teacher: RunSpec['teacher'], { classNames }: Dataset): TopCut | null {
  const k = 'top' in teacher ? teacher.top : undefined;
  return k === undefined || k >= classNames.length ? null : { classes: classNames.length, k };
}

/** Whose answers, over what, and how much of them. */
export function keyOf(
  { identity, tensors }: Source,
  { dataset, later, top }: Pick<Wanted, 'dataset' | 'later' | 'top'>,
): string {
  const { input, logits, taps, maps } = tensors;
  const asked = [identity.sha256, dataset.fingerprint, input, logits, taps, maps];
  return JSON.stringify([
    ...asked,
    ...(later ? ['held out'] : []),
    ...(top === null ? [] : [`top ${top.k}`]),
  ]);
}

/** All answers, or what is left of them where they are cut, and how they leave as a file. */
export function recorded(key: string, all: Found, top: TopCut | null): Pick<Answered, 'found' | 'file'> {
  return kept(key, top === null ? all : cutAnswers(all, top), top);
}

function kept(key: string, found: Found, top: TopCut | null): Pick<Answered, 'found' | 'file'> {
  const { logits, hidden } = found.transfer;
  const savable = logits !== null && hidden.length === 0;
  return { found, file: savable ? () => encodeAnswers(key, found, top) : null };
}

/** Errors: those of the model and of its answers. */
export async function answersOf(
  source: Source,
  wanted: Wanted,
  host: TeacherHost,
  progress: Progress,
): Promise<Pick<Answered, 'found' | 'asked' | 'file'>> {
  const { dataset, top } = wanted;
  const { positions, classNames, validation, test } = dataset;
  const model = await source.model();
  const teacher = new AskedTeacher(() => host.openRows(model));
  const heldOut = (validation.n + test.n) * positions * classNames.length;
  if (positions > 1 && heldOut > mostStored) {
    const tell = (done: number, total: number) => progress('answers', done, total);
    const transfer = await transferOf(teacher, wanted, tell);
    const nothing = { validation: new Float32Array(), test: new Float32Array(), grid: null };
    // Held-out texts are answered in full all the same.
    return { found: { transfer, ...nothing }, asked: teacher, file: null };
  }
  const key = keyOf(source, wanted);
  const known = (await host.kept?.get(key)) ?? null;
  // A file may say that it is what it is not.
  if (known !== null && fits(known, wanted)) return { asked: null, ...kept(key, known, top) };
  try {
    const answers = recorded(key, await allOf(teacher, wanted, progress), top);
    // Nobody waits for a file to be written.
    void host.kept?.put(key, answers.found, top);
    return { ...answers, asked: null };
  } finally {
    teacher.dispose();
  }
}

function fits({ transfer, validation, test }: Found, { dataset, later }: Wanted): boolean {
  const classes = dataset.classNames.length;
  const of = (n: number, answers: AnswerRows | null) =>
    answers !== null &&
    logitCount(answers) === n * dataset.positions * classes &&
    (!isTop(answers) || answers.classes === classes);
  return (
    (later || of(dataset.transfer.n, transfer.logits)) &&
    of(dataset.validation.n, validation) &&
    of(dataset.test.n, test)
  );
}

async function allOf(teacher: AskedTeacher, wanted: Wanted, progress: Progress): Promise<Found> {
  const { dataset, grid, later } = wanted;
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
  const taught = await transferOf(teacher, wanted, (done) => progress('answers', done, total));
  before = first;
  return {
    transfer: taught,
    validation: await all(validation.inputs, validation.n),
    test: await all(test.inputs, test.n),
    grid: grid === null ? null : await all(grid, gridRows),
  };
}

/**
 * With `later` the first text alone, whose hidden states say how wide they are. With `top` each run of answers is cut as it
 * comes, so that all of them never exist.
 */
async function transferOf(
  teacher: AskedTeacher,
  { dataset, later, top }: Pick<Wanted, 'dataset' | 'later' | 'top'>,
  progress: (done: number, total: number) => void,
): Promise<TransferAnswers> {
  const { transfer, inputShape, positions } = dataset;
  const n = later ? 1 : transfer.n;
  const inputs = transfer.inputs.subarray(0, n * sampleSize(inputShape));
  if (later || top === null) {
    const { logits, hidden } = await teacher.answer(inputs, n, (done) => progress(done, n));
    return { logits: later ? null : logits, hidden };
  }
  const cut = emptyTop(n * positions, top.classes, top.k);
  let hidden: TransferAnswers['hidden'] = [];
  await teacher.runs(inputs, n, (part, first, samples) => {
    if (first === 0) hidden = hiddenOf(part, n, samples);
    cutInto(cut, first * positions, part.logits);
    addHidden(hidden, part, first, samples);
    progress(first + samples, n);
  });
  return { logits: cut, hidden };
}
