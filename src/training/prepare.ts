/**
 * Everything that a run needs before its first step: the data, the teacher's answers over it, the samples to look
 * at. Where files come from and who runs an ONNX model is the host's affair (a worker, Node).
 */

import { type PlaneTask, planeGrid } from '../data/planes.ts';
import { type Dataset, type Split, sampleSize, type Task } from '../data/task.ts';
import type { TextTask } from '../data/textTask.ts';
import { deviation, softnessTable } from '../losses/distribution.ts';
import type { GivenFile } from '../protocol/commands.ts';
import type { Probe, ProgressStage, TeacherFacts } from '../protocol/events.ts';
import { StillroomError } from '../spec/errors.ts';
import type { HiddenSpec, RunSpec } from '../spec/runSpec.ts';
import { checkHash, parseCard, type TeacherCard } from '../teachers/card.ts';
import { decodePack, type LogitPack, lookUp } from '../teachers/pack.ts';
import { answerAll, type RowTeacher, type TeacherIdentity } from '../teachers/rowTeacher.ts';
import type { Dtype, Inputs } from '../tensor/kernel.ts';
import type { TransferAnswers } from './batches.ts';
import { accuracyOf } from './evaluation.ts';
import { impaired } from './faults.ts';
import { type HeldOutAnswers, storedAnswers } from './heldOut.ts';
import { LanguageJudge } from './languageEvaluation.ts';

/** An ONNX teacher and what is wanted of it. */
export interface TeacherModel {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly external: readonly GivenFile[];
  readonly input: string;
  readonly logits: string;
  /** Tensors wanted as hidden states. */
  readonly taps: readonly string[];
  /** What becomes of a map [C, H, W]. */
  readonly maps: HiddenSpec['maps'];
  readonly inputShape: readonly number[];
  readonly inputDtype: Dtype;
  /** Rows of logits for one sample. */
  readonly positions: number;
  readonly classes: number;
}

export interface TeacherHost {
  /** A file of the app: `teachers/glyphs-mlp.json`. Errors: `asset-missing`. */
  asset(path: string, progress?: (done: number, total: number) => void): Promise<Uint8Array<ArrayBuffer>>;
  /** A session that answers rows on the host. */
  openRows(model: TeacherModel): Promise<RowTeacher>;
  /** Identity and default tensors of a user's model; throws where it cannot serve. */
  identify(model: GivenFile, external: readonly GivenFile[]): Promise<TeacherIdentity>;
  /** Answers that were computed here before, by teacher, tensors and data. */
  readonly kept?: AnswerKeeper;
}

export interface Prepared {
  readonly dataset: Dataset;
  readonly task: Task | TextTask | null;
  readonly answers: TransferAnswers;
  /** The teacher's logits on the held-out rows. */
  readonly validation: HeldOutAnswers;
  readonly test: HeldOutAnswers;
  readonly probes: readonly Probe[];
  readonly teacher: TeacherFacts;
  /** The model itself, loaded when it is first asked for. */
  readonly model: (progress?: (done: number, total: number) => void) => Promise<TeacherModel>;
}

export interface DatasetOfRun {
  readonly dataset: Dataset;
  readonly task: Task | TextTask | null;
}

type Progress = (stage: ProgressStage, done: number, total: number) => void;

/** Side of a boundary's picture. */
export const gridSide = 64;
/** The part of a pack that holds the grid. */
export const gridPart = 'grid';
const stripLength = 10;
/** Logits from which a teacher's spread is told. */
const mostForSpread = 200_000;

/** Errors: those of the data, of the card, of the pack and of the teacher. */
export async function prepareRun(
  spec: RunSpec,
  data: DatasetOfRun,
  host: TeacherHost,
  teacherFiles: readonly GivenFile[],
  progress: Progress,
): Promise<Prepared> {
  const source = await teacherSource(spec, data.dataset, host, teacherFiles, progress);
  const grid = gridOf(data);
  const packed = source.pack === null ? null : fromPack(source.pack, data, grid !== null);
  const found = packed ?? (await answersOf(source, data.dataset, grid, host, progress));
  checkClasses(found.test, data.dataset);
  const { test } = data.dataset;
  const judged = {
    classes: data.dataset.classNames.length,
    student: found.test,
    teacher: found.test,
    labels: test.trueLabels,
    valid: test.valid,
  };
  const teacher: TeacherFacts = {
    ...source.identity,
    accuracy: accuracyOf(judged),
    ...languageOf(data.dataset, found.test),
    ...(data.dataset.positions === 1 ? { recall: recallOf(found.test, test, judged.classes) } : {}),
    ...spreadOf(found.test, judged.classes),
    delivery: packed === null ? 'kept' : 'pack',
    provider: null,
    milliseconds: null,
  };
  const probes = [...sampleProbe(spec, data.dataset, found.test), ...gridProbe(grid, found.grid)];
  const perSample = data.dataset.positions * data.dataset.classNames.length;
  const validation = storedAnswers(found.validation, perSample);
  const heldOut = storedAnswers(found.test, perSample);
  const lacks = spec.teacher.lacks ?? [];
  const answers = impaired(found.transfer, data.dataset.transfer, judged.classes, lacks);
  return { ...data, answers, validation, test: heldOut, probes, teacher, model: source.model };
}

/** What only a model of language is measured by. */
function languageOf({ positions, classNames, vocabulary, test }: Dataset, logits: Float32Array) {
  if (positions === 1) return {};
  const judge = new LanguageJudge(classNames.length, vocabulary?.characters ?? new Uint8Array());
  judge.add({ student: logits, teacher: logits, split: test, firstRow: 0 });
  return { language: judge.measures };
}

/** Neither ever fails: what cannot be kept or found is computed. */
export interface AnswerKeeper {
  get(key: string): Promise<Found | null>;
  /** Resolves when it is kept, or cannot be. */
  put(key: string, found: Found): Promise<void>;
}

/** What a teacher answered over one data set. */
export interface Found {
  readonly transfer: TransferAnswers;
  readonly validation: Float32Array<ArrayBuffer>;
  readonly test: Float32Array<ArrayBuffer>;
  readonly grid: Float32Array<ArrayBuffer> | null;
}

interface Source {
  readonly identity: TeacherIdentity;
  readonly pack: LogitPack | null;
  readonly model: Prepared['model'];
}

async function teacherSource(
  spec: RunSpec,
  dataset: Dataset,
  host: TeacherHost,
  files: readonly GivenFile[],
  progress: Progress,
): Promise<Source> {
  const { teacher, objective } = spec;
  const hidden = spec.arms.some((arm) => arm.kind === 'distilled') ? objective.hidden : null;
  const wanted = {
    taps: hidden?.pairs.map((pair) => pair.teacher) ?? [],
    maps: hidden?.maps ?? ('pool' as const),
    inputShape: dataset.inputShape,
    inputDtype: dataset.inputDtype,
    positions: dataset.positions,
    classes: dataset.classNames.length,
  };
  if (teacher.source !== 'builtin') {
    const [model, ...external] = files;
    if (model === undefined) throw teacherMissing(teacher.source === 'file' ? teacher.sha256 : '');
    const identity = await host.identify(model, external);
    const whole = { bytes: model.bytes, external, input: teacher.input, logits: teacher.logits, ...wanted };
    return { identity, pack: null, model: () => Promise.resolve(whole) };
  }
  const card = await cardOf(teacher.id, host);
  const model: Prepared['model'] = async (report) => {
    const bytes = await modelOf(card, host, report ?? ((done, total) => progress('teacher', done, total)));
    return { bytes, external: [], input: card.input, logits: card.logits, ...wanted };
  };
  const pack = hidden === null ? await packOf(card, spec, host, progress) : null;
  return { identity: identityOf(card), pack, model };
}

/** The files of a specification's teacher. Errors: `teacher-missing`, those of assets and of the card. */
export async function teacherModel(
  { teacher }: RunSpec,
  files: readonly GivenFile[],
  host: TeacherHost,
): Promise<Pick<TeacherModel, 'bytes' | 'external'>> {
  if (teacher.source === 'builtin')
    return { bytes: await modelOf(await cardOf(teacher.id, host), host), external: [] };
  const [model, ...external] = files;
  if (model === undefined) throw teacherMissing(teacher.source === 'file' ? teacher.sha256 : '');
  return { bytes: model.bytes, external };
}

async function cardOf(id: string, host: TeacherHost): Promise<TeacherCard> {
  return parseCard(JSON.parse(new TextDecoder().decode(await host.asset(`teachers/${id}.json`))));
}

async function modelOf(
  card: TeacherCard,
  host: TeacherHost,
  progress?: (done: number, total: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const path = `teachers/${card.model.path}`;
  const bytes = await host.asset(path, progress);
  await checkHash(path, bytes, card.model.sha256);
  return bytes;
}

async function packOf(
  card: TeacherCard,
  spec: RunSpec,
  host: TeacherHost,
  progress: Progress,
): Promise<LogitPack | null> {
  const path = `teachers/${card.pack.path}`;
  const bytes = await host.asset(path, (done, total) => progress('download', done, total));
  await checkHash(path, bytes, card.pack.sha256);
  const pack = decodePack(bytes);
  const fits = pack.header.teacher === card.model.sha256 && pack.header.dataSeed === spec.data.dataSeed;
  return fits ? pack : null;
}

/** Null where the pack lacks a row of the run: then the model itself answers. */
function fromPack(pack: LogitPack, { dataset, task }: DatasetOfRun, wantsGrid: boolean): Found | null {
  if (task === null || pack.header.task !== task.id) return null;
  const logits = lookUp(pack, 'transfer', dataset.transfer.sampleIndex);
  const validation = lookUp(pack, 'validation', dataset.validation.sampleIndex);
  const test = lookUp(pack, 'test', dataset.test.sampleIndex);
  const grid = pack.parts.get(gridPart) ?? null;
  if (logits === null || validation === null || test === null || (wantsGrid && grid === null)) return null;
  return { transfer: { logits, hidden: [] }, validation, test, grid };
}

/** Computed once: another student on the same data finds them. */
async function answersOf(
  source: Source,
  dataset: Dataset,
  grid: Float32Array<ArrayBuffer> | null,
  host: TeacherHost,
  progress: Progress,
): Promise<Found> {
  const model = await source.model();
  const { input, logits, taps, maps } = model;
  const key = JSON.stringify([source.identity.sha256, dataset.fingerprint, input, logits, taps, maps]);
  const known = await host.kept?.get(key);
  if (known !== undefined && known !== null) return known;
  const found = await fromModel(model, dataset, grid, host, progress);
  // Nobody waits for a file to be written.
  void host.kept?.put(key, found);
  return found;
}

async function fromModel(
  model: TeacherModel,
  { transfer, validation, test }: Dataset,
  grid: Float32Array<ArrayBuffer> | null,
  host: TeacherHost,
  progress: Progress,
): Promise<Found> {
  const teacher = await host.openRows(model);
  try {
    const gridRows = grid === null ? 0 : grid.length / sampleSize(model.inputShape);
    const total = transfer.n + validation.n + test.n + gridRows;
    let before = 0;
    const all = async (inputs: Inputs, n: number) => {
      const answers = await answerAll(teacher, inputs, n, (done) =>
        progress('answers', before + done, total),
      );
      before += n;
      return answers;
    };
    const answered = await all(transfer.inputs, transfer.n);
    return {
      transfer: answered,
      validation: (await all(validation.inputs, validation.n)).logits,
      test: (await all(test.inputs, test.n)).logits,
      grid: grid === null ? null : (await all(grid, gridRows)).logits,
    };
  } finally {
    teacher.dispose();
  }
}

/** Ten held-out samples of the first left-out class (or ten samples), then one of each class. None of text. */
function sampleProbe(
  spec: RunSpec,
  { test, classNames, inputShape }: Dataset,
  logits: Float32Array,
): readonly Probe[] {
  const { inputs } = test;
  if (inputs instanceof Uint32Array) return [];
  const size = sampleSize(inputShape);
  const rowsOf = (label: number) =>
    Array.from(test.trueLabels.keys()).filter((row) => test.trueLabels[row] === label);
  const hero = spec.data.leaveOut[0];
  const strip =
    hero === undefined
      ? Array.from({ length: Math.min(stripLength, test.n) }, (_, row) => row)
      : rowsOf(hero).slice(0, stripLength);
  const each = classNames.flatMap((_, label) =>
    rowsOf(label)
      .filter((row) => !strip.includes(row))
      .slice(0, 1),
  );
  const rows = [...strip, ...each].slice(0, 64);
  const pick = (from: Float32Array, width: number) => {
    const picked = new Float32Array(rows.length * width);
    rows.forEach((row, i) => {
      picked.set(from.subarray(row * width, (row + 1) * width), i * width);
    });
    return picked;
  };
  const labels = Uint32Array.from(rows, (row) => test.trueLabels[row] ?? 0);
  const teacher = pick(logits, classNames.length);
  return [{ kind: 'samples', side: 0, inputs: pick(inputs, size), labels, teacher }];
}

function gridOf({ task }: DatasetOfRun): Float32Array<ArrayBuffer> | null {
  return task !== null && isPlane(task) ? planeGrid(task, gridSide) : null;
}

function isPlane(task: Task | TextTask): task is PlaneTask {
  return 'extent' in task;
}

function gridProbe(
  grid: Float32Array<ArrayBuffer> | null,
  teacher: Float32Array<ArrayBuffer> | null,
): Probe[] {
  if (grid === null || teacher === null) return [];
  return [{ kind: 'grid', side: gridSide, inputs: grid, labels: new Uint32Array(), teacher }];
}

function recallOf(logits: Float32Array, { trueLabels }: Split, classes: number): number[] {
  const [right, rows] = [new Array<number>(classes).fill(0), new Array<number>(classes).fill(0)];
  trueLabels.forEach((label, row) => {
    const own = logits.subarray(row * classes, (row + 1) * classes);
    rows[label] = (rows[label] ?? 0) + 1;
    if (own.indexOf(Math.max(...own)) === label) right[label] = (right[label] ?? 0) + 1;
  });
  return right.map((count, label) => count / Math.max(1, rows[label] ?? 0));
}

/** From no more rows than tell it well. */
function spreadOf(logits: Float32Array, classes: number): Pick<TeacherFacts, 'logitDeviation' | 'softness'> {
  const some = logits.subarray(0, classes * Math.ceil(mostForSpread / classes));
  return { logitDeviation: deviation(some), softness: softnessTable(some, classes) };
}

function identityOf(card: TeacherCard): TeacherIdentity {
  const { title, parameters, trainedOn, model, pack } = card;
  return { title, parameters, trainedOn, bytes: model.bytes, sha256: model.sha256, packBytes: pack.bytes };
}

function checkClasses(logits: Float32Array, { test, positions, classNames }: Dataset): void {
  const rows = test.n * positions;
  if (logits.length === rows * classNames.length) return;
  throw new StillroomError({
    code: 'teacher-classes',
    problem: "The teacher's classes are not the data's",
    got: `${logits.length / Math.max(1, rows)} logits a row`,
    wanted: `${classNames.length}`,
    remedy: 'Choose another output of the teacher, or other labels',
    control: 'teacher.logits',
  });
}

function teacherMissing(sha256: string): StillroomError {
  return new StillroomError({
    code: 'teacher-missing',
    problem: 'This run needs a teacher file that is not here',
    ...(sha256 === '' ? {} : { wanted: `the file with SHA-256 ${sha256.slice(0, 12)}…` }),
    remedy: 'Drop the ONNX file on the page',
    control: 'teacher.file',
  });
}
