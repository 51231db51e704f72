/**
 * Everything that a run needs before its first step: the data, the teacher's answers over it, the samples to look
 * at. Where files come from and who runs an ONNX model is the host's affair (a worker, Node).
 */

import { type Dataset, sampleSize, type Task } from '../data/task.ts';
import type { TextTask } from '../data/textTask.ts';
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
import { languageOf } from './languageEvaluation.ts';
import { gridOf, gridProbe, sampleProbe } from './probes.ts';
import { combined, fileOf, memberSpecs, noSingleModel } from './severalTeachers.ts';
import { checkTaughtAttention } from './taughtAttention.ts';
import { costsOf, recallOf, spreadOf } from './teacherFigures.ts';

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

/** The part of a pack that holds the grid. */
export const gridPart = 'grid';

/** Errors: those of the data, of the card, of the pack and of the teacher. */
export async function prepareRun(
  spec: RunSpec,
  data: DatasetOfRun,
  host: TeacherHost,
  teacherFiles: readonly GivenFile[],
  progress: Progress,
): Promise<Prepared> {
  const grid = gridOf(data);
  const taught = await answered(spec, data, grid, host, teacherFiles, progress);
  const { identity, found, packed, model } = taught;
  checkClasses(found.test, data.dataset);
  checkTaughtAttention(spec.objective.hidden, found.transfer, data.dataset.positions);
  const { test } = data.dataset;
  const judged = {
    classes: data.dataset.classNames.length,
    student: found.test,
    teacher: found.test,
    labels: test.trueLabels,
    valid: test.valid,
  };
  const language = languageOf(data.dataset, data.dataset.test, found.test);
  const teacher: TeacherFacts = {
    ...identity,
    accuracy: accuracyOf(judged),
    ...(language === null ? {} : { language }),
    ...(data.dataset.positions === 1 ? { recall: recallOf(found.test, test, judged.classes) } : {}),
    ...spreadOf(found.test, judged.classes),
    ...(withoutAnswers(spec) ? {} : { topCosts: costsOf(found.test, judged) }),
    delivery: spec.teacher.source === 'average' ? 'averaged' : packed ? 'pack' : 'kept',
    provider: null,
    milliseconds: null,
  };
  const probes = [...sampleProbe(spec, data.dataset, found.test), ...gridProbe(grid, found.grid)];
  const perSample = data.dataset.positions * data.dataset.classNames.length;
  const validation = storedAnswers(found.validation, perSample);
  const heldOut = storedAnswers(found.test, perSample);
  const lacks = spec.teacher.lacks ?? [];
  const answers = impaired(found.transfer, data.dataset.transfer, judged.classes, lacks);
  return { ...data, answers, validation, test: heldOut, probes, teacher, model };
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

/** A teacher with what it answered. */
export interface Answered {
  readonly identity: TeacherIdentity;
  readonly found: Found;
  /** Its answers were recorded with it. */
  readonly packed: boolean;
  readonly model: Prepared['model'];
}

async function answered(
  spec: RunSpec,
  data: DatasetOfRun,
  grid: Float32Array<ArrayBuffer> | null,
  host: TeacherHost,
  files: readonly GivenFile[],
  progress: Progress,
): Promise<Answered> {
  const { dataset } = data;
  const { teacher } = spec;
  if (teacher.source === 'none') return { ...noSource, found: equalAnswers(dataset, grid), packed: false };
  if (teacher.source === 'average')
    return { ...averageSource, found: equalAnswers(dataset, grid), packed: false };
  if (teacher.source === 'several') {
    const all: Answered[] = [];
    for (const [i, member] of memberSpecs(spec, teacher).entries()) {
      const file = await fileOf(teacher.members[i], files, host);
      all.push(await answered(member, data, grid, host, file, progress));
    }
    return combined(teacher, all, dataset.classNames.length);
  }
  const source = await teacherSource(spec, dataset, host, files, progress);
  const packed = source.pack === null ? null : fromPack(source.pack, data, grid !== null);
  const found =
    packed ?? (await answersOf(source, dataset, answersLater(spec, dataset), grid, host, progress));
  return { ...source, found, packed: packed !== null };
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
  if (teacher.source === 'none' || teacher.source === 'average' || teacher.source === 'several')
    return noSource;
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

const noSource: Source = {
  identity: { title: 'No teacher', parameters: 0, bytes: 0, sha256: '', trainedOn: null },
  pack: null,
  model: () => Promise.reject(teacherMissing('')),
};

/** Of no teacher, or of one that changes with every step, nothing is known beforehand. */
function withoutAnswers({ teacher }: RunSpec): boolean {
  return teacher.source === 'none' || teacher.source === 'average';
}

/** It is made by the trainer, and changes with every step. */
const averageSource: Source = {
  ...noSource,
  identity: { ...noSource.identity, title: 'An averaged copy of the student' },
  model: () => Promise.reject(noSingleModel()),
};

/** Every class alike: what stands for a teacher where there is none, or none before the first step. */
function equalAnswers(
  { validation, test, positions, classNames, inputShape }: Dataset,
  grid: Float32Array | null,
): Found {
  const classes = classNames.length;
  const of = (samples: number) => new Float32Array(samples * positions * classes);
  return {
    transfer: { logits: null, hidden: [] },
    validation: of(validation.n),
    test: of(test.n),
    grid: grid === null ? null : of(grid.length / sampleSize(inputShape)),
  };
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

export async function cardOf(id: string, host: Pick<TeacherHost, 'asset'>): Promise<TeacherCard> {
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
/** Hidden states are matched with kept answers, whose widths shape the run. */
function answersLater({ teacher, objective }: RunSpec, { positions }: Dataset): boolean {
  return positions > 1 && teacher.delivery === 'live' && objective.hidden === null;
}

/** `later`: a live teacher answers each batch, and of texts with a large vocabulary all answers would not fit. */
async function answersOf(
  source: Source,
  dataset: Dataset,
  later: boolean,
  grid: Float32Array<ArrayBuffer> | null,
  host: TeacherHost,
  progress: Progress,
): Promise<Found> {
  const model = await source.model();
  const { input, logits, taps, maps } = model;
  const asked = [source.identity.sha256, dataset.fingerprint, input, logits, taps, maps];
  const key = JSON.stringify(later ? [...asked, 'held out'] : asked);
  const known = await host.kept?.get(key);
  if (known !== undefined && known !== null) return known;
  const found = await fromModel(model, dataset, later, grid, host, progress);
  // Nobody waits for a file to be written.
  void host.kept?.put(key, found);
  return found;
}

async function fromModel(
  model: TeacherModel,
  { transfer, validation, test }: Dataset,
  later: boolean,
  grid: Float32Array<ArrayBuffer> | null,
  host: TeacherHost,
  progress: Progress,
): Promise<Found> {
  const teacher = await host.openRows(model);
  try {
    const gridRows = grid === null ? 0 : grid.length / sampleSize(model.inputShape);
    const total = (later ? 0 : transfer.n) + validation.n + test.n + gridRows;
    let before = 0;
    const all = async (inputs: Inputs, n: number) => {
      const answers = await answerAll(teacher, inputs, n, (done) =>
        progress('answers', before + done, total),
      );
      before += n;
      return answers;
    };
    return {
      transfer: later ? { logits: null, hidden: [] } : await all(transfer.inputs, transfer.n),
      validation: (await all(validation.inputs, validation.n)).logits,
      test: (await all(test.inputs, test.n)).logits,
      grid: grid === null ? null : (await all(grid, gridRows)).logits,
    };
  } finally {
    teacher.dispose();
  }
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
