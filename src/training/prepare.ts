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
import type { RowTeacher, TeacherIdentity } from '../teachers/rowTeacher.ts';
import { type AnswerRows, denseOf } from '../teachers/topAnswers.ts';
import type { Dtype } from '../tensor/kernel.ts';
import type { TopCut } from './answersFile.ts';
import type { TransferAnswers } from './batches.ts';
import { impaired } from './faults.ts';
import { type AskedTeacher, equalAnswers, type HeldOutAnswers, storedAnswers } from './heldOut.ts';
import { gridOf, gridProbe, sampleProbe } from './probes.ts';
import {
  answersLive,
  combined,
  filesOf,
  meanHeldOut,
  memberSpecs,
  noSingleModel,
} from './severalTeachers.ts';
import { checkTaughtAttention } from './taughtAttention.ts';
import { answersLater, answersOf, cutOf, keyOf, recorded } from './teacherAnswers.ts';
import { measureTeacher } from './teacherFigures.ts';

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
  /** Of several teachers each: its model, and whether it answers each batch. */
  readonly members: readonly { readonly model: Prepared['model']; readonly live: boolean }[];
  /** The teacher's answers as a file that can be given back (answersFile.ts); null where no file holds them. */
  readonly answersFile: (() => Uint8Array<ArrayBuffer>) | null;
  /** Held-out rows that are asked about again and again are answered by the live teacher while there is one; null: no longer. */
  readonly lend: (teacher: RowTeacher | null) => void;
  /** Gives back what is held to answer again; it may be asked all the same, and takes it again. */
  readonly release: () => void;
}

export interface DatasetOfRun {
  readonly dataset: Dataset;
  readonly task: Task | TextTask | null;
}

export type Progress = (stage: ProgressStage, done: number, total: number) => void;

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
  const { dataset } = data;
  const taught = await answered(spec, data, grid, host, teacherFiles, progress);
  const { identity, found, packed, model, file } = taught;
  checkTaughtAttention(spec.objective.hidden, found.transfer, dataset.positions);
  const { positions } = dataset;
  const classes = dataset.classNames.length;
  const heldOut = (one: Answered, name: 'validation' | 'test'): HeldOutAnswers => {
    if (one.members !== undefined && spec.teacher.source === 'several') {
      const each = one.members.map((member) => heldOut(member, name));
      return meanHeldOut(each, spec.teacher, classes);
    }
    if (one.asked !== null) return one.asked.over(dataset[name], dataset.inputShape);
    if (withoutAnswers(spec)) return equalAnswers(positions * classes);
    return storedAnswers(one.found[name], positions, classes);
  };
  const validation = heldOut(taught, 'validation');
  const test = heldOut(taught, 'test');
  const { topCosts, ...measured } = await measureTeacher(test, dataset);
  const teacher: TeacherFacts = {
    ...identity,
    ...measured,
    ...(withoutAnswers(spec) || topCosts === undefined ? {} : { topCosts }),
    delivery: spec.teacher.source === 'average' ? 'averaged' : packed ? 'pack' : 'kept',
    provider: null,
    milliseconds: null,
  };
  const samples =
    dataset.positions === 1 ? sampleProbe(spec, dataset, await test.answer(0, dataset.test.n)) : [];
  const probes = [...samples, ...gridProbe(grid, found.grid === null ? null : denseOf(found.grid))];
  const lacks = spec.teacher.lacks ?? [];
  const answers = impaired(found.transfer, dataset.transfer, classes, lacks);
  const all = [taught, ...(taught.members ?? [])];
  const release = () => {
    for (const { asked } of all) asked?.dispose();
  };
  const lend = (teacher: RowTeacher | null) => taught.asked?.lend(teacher);
  const live = (index: number) =>
    spec.teacher.source === 'several' &&
    spec.teacher.members.some((one, i) => i === index && answersLive(one));
  const members = (taught.members ?? []).map((one, index) => ({ model: one.model, live: live(index) }));
  return {
    ...data,
    answers,
    validation,
    test,
    probes,
    teacher,
    model,
    members,
    answersFile: file,
    lend,
    release,
  };
}

/** Neither ever fails: what cannot be kept or found is computed. */
export interface AnswerKeeper {
  get(key: string): Promise<Found | null>;
  /** Resolves when it is kept, or cannot be. */
  put(key: string, found: Found, top?: TopCut | null): Promise<void>;
}

/** What a teacher answered over one data set. */
export interface Found {
  readonly transfer: TransferAnswers;
  readonly validation: AnswerRows;
  readonly test: AnswerRows;
  readonly grid: AnswerRows | null;
}

/** A teacher with what it answered. */
export interface Answered {
  readonly identity: TeacherIdentity;
  readonly found: Found;
  /** Its answers were recorded with it. */
  readonly packed: boolean;
  /** Answers over held-out texts where they are too many to be found: then none of them are. */
  readonly asked: AskedTeacher | null;
  readonly model: Prepared['model'];
  /** All that it answered as a file; null where no file holds it. */
  readonly file: Prepared['answersFile'];
  /** Of several teachers, each. */
  readonly members?: readonly Answered[];
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
  if (teacher.source === 'none' || teacher.source === 'average') {
    const source = teacher.source === 'none' ? noSource : averageSource;
    return { ...source, found: nothingFound(dataset, grid), packed: false, asked: null, file: null };
  }
  if (teacher.source === 'several') {
    const all: Answered[] = [];
    for (const [i, member] of memberSpecs(spec, teacher).entries()) {
      const own = await filesOf(teacher.members[i], files, host);
      all.push(await answered(member, data, grid, host, own, progress));
    }
    return combined(teacher, all, dataset.classNames.length);
  }
  const source = await teacherSource(spec, dataset, host, files, progress);
  const packed = source.pack === null ? null : fromPack(source.pack, data, grid !== null);
  const wanted = { dataset, grid, later: answersLater(spec, dataset), top: cutOf(teacher, dataset) };
  if (packed !== null)
    return { ...source, packed: true, asked: null, ...recorded(keyOf(source, wanted), packed, wanted.top) };
  return { ...source, packed: false, ...(await answersOf(source, wanted, host, progress)) };
}

export interface Source {
  readonly identity: TeacherIdentity;
  readonly pack: LogitPack | null;
  readonly tensors: Pick<TeacherModel, 'input' | 'logits' | 'taps' | 'maps'>;
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
    return { identity, pack: null, tensors: whole, model: () => Promise.resolve(whole) };
  }
  const card = await cardOf(teacher.id, host);
  const tensors = { input: card.input, logits: card.logits, ...wanted };
  const model: Prepared['model'] = async (report) => {
    const bytes = await modelOf(card, host, report ?? ((done, total) => progress('teacher', done, total)));
    return { bytes, external: [], ...tensors };
  };
  const pack = hidden === null ? await packOf(card, spec, host, progress) : null;
  return { identity: identityOf(card), pack, tensors, model };
}

const noSource: Source = {
  identity: { title: 'No teacher', parameters: 0, bytes: 0, sha256: '', trainedOn: null },
  pack: null,
  tensors: { input: '', logits: '', taps: [], maps: 'pool' },
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

/** Every point of the picture alike. */
function nothingFound({ inputShape, classNames }: Dataset, grid: Float32Array | null): Found {
  const points = grid === null ? 0 : grid.length / sampleSize(inputShape);
  return {
    transfer: { logits: null, hidden: [] },
    ...{ validation: new Float32Array(), test: new Float32Array() },
    grid: grid === null ? null : new Float32Array(points * classNames.length),
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

function identityOf(card: TeacherCard): TeacherIdentity {
  const { title, parameters, trainedOn, model, pack } = card;
  return { title, parameters, trainedOn, bytes: model.bytes, sha256: model.sha256, packBytes: pack.bytes };
}

function teacherMissing(sha256: string): StillroomError {
  return new StillroomError({
    code: 'teacher-missing',
    problem: 'This run needs a teacher file that is not here',
    ...(sha256 === '' ? {} : { wanted: `the file with SHA-256 ${sha256.slice(0, 12)}…` }),
    remedy: 'Give the ONNX file: dropped on the page, or after --teacher',
    control: 'teacher.file',
  });
}
