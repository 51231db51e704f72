/** What a user's files are, together: teacher, images, labels, and what is still missing, in words ready to show. */
import { fingerprintOf, textSamples } from '../data/textFileDataset.ts';
import { readUserFiles, userDataFingerprint } from '../data/userFiles.ts';
import type { GivenFile } from '../protocol/commands.ts';
import type { FileInspection, TeacherInspection } from '../protocol/events.ts';
import { detailOf, type ErrorDetail, StillroomError } from '../spec/errors.ts';
import { limits } from '../spec/limits.ts';
import { fileReadsTokens, inspectFile } from '../teachers/onnx/inspect.ts';
import { sampleOf } from '../teachers/onnx/session.ts';
import { ownText } from './ownText.ts';

/** A user's files, told apart by their content. */
export interface SortedFiles {
  readonly model: GivenFile | null;
  /** All of them. */
  readonly models: readonly GivenFile[];
  /** Everything that is neither a model nor data: perhaps the model's external data. */
  readonly external: readonly GivenFile[];
  readonly data: ReturnType<typeof readUserFiles>;
}

/** Errors: those of the readers, and `teacher-twice` where there are more models than `most`. */
export function sortFiles(files: readonly GivenFile[], most = 1): SortedFiles {
  const data = readUserFiles(files);
  const of = (kind: 'model' | 'external') => files.filter((_, i) => data.files[i]?.kind === kind);
  const models = of('model');
  checkModels(models, most);
  return { model: models[0] ?? null, models, external: of('external'), data };
}

function checkModels(models: readonly GivenFile[], most: number): void {
  if (models.length <= most) return;
  throw new StillroomError({
    code: 'teacher-twice',
    problem: most === 1 ? 'There are two models' : 'There are more models than can teach together',
    got: models.map(({ name }) => name).join(' and '),
    wanted: most === 1 ? 'one teacher' : `at most ${most}`,
    remedy: most === 1 ? 'Drop one ONNX file' : 'Drop fewer ONNX files',
    control: 'teacher.file',
  });
}

/** Errors: those of the readers and of `inspectFile`. */
export async function inspectFiles(files: readonly GivenFile[]): Promise<FileInspection> {
  const readers: GivenFile[] = [];
  for (const file of files)
    if (file.name.endsWith('.onnx') && (await fileReadsTokens(file))) readers.push(file);
  const [reader, ...others] = readers;
  if (reader !== undefined) return inspectLanguage(reader, others, files);
  const { model, models, external, data } = sortFiles(files, limits.members.max);
  const images = data.files.find((file) => file.kind === 'images' || file.kind === 'table');
  const labels = data.files.find((file) => file.kind === 'labels' || file.kind === 'table');
  const teacher = model === null ? null : await inspectFile(model, external);
  const more = await inspected(models.slice(1), external);
  const misfit =
    images === undefined || labels === undefined
      ? null
      : misfitOf(teacher === null ? [] : [teacher, ...more], images.images.shape, labels.labels.classes);
  const missing = [
    ...(model === null ? ['a teacher: an ONNX file'] : []),
    ...(teacher?.missing ?? []).map((name) => `the file ${name}, which the model names`),
    ...data.missing.map((part) => (part === 'images' ? 'images: an IDX or CSV file' : 'labels: an IDX file')),
  ];
  return {
    teacher,
    more,
    images:
      images === undefined ? null : { name: images.name, n: images.images.n, shape: images.images.shape },
    labels:
      labels === undefined ? null : { name: labels.name, n: labels.labels.n, classes: labels.labels.classes },
    missing,
    ...(misfit === null ? {} : { misfit }),
    ...(model === null && external.length > 0 ? { unknown: external.map(({ name }) => name) } : {}),
    fingerprint: data.data === undefined ? '' : userDataFingerprint(data.data),
  };
}

/** What a run would be refused for as soon as a teacher is asked; what a file does not say is left to it. */
function misfitOf(
  teachers: readonly TeacherInspection[],
  shape: readonly number[],
  classes: number,
): ErrorDetail | null {
  try {
    for (const { inputs, outputs, logits } of teachers) {
      const dims = inputs[0]?.shape ?? [];
      if (dims.length > 0) sampleOf(dims, shape);
      const widths = logits.map(({ name }) => outputs.find((output) => output.name === name)?.shape.at(-1));
      const known = widths.filter((width) => typeof width === 'number');
      if (known.length > 0 && known.length === widths.length && !known.includes(classes))
        throw otherClasses(known, classes);
    }
    return null;
  } catch (error) {
    return detailOf(error);
  }
}

function otherClasses(widths: readonly number[], classes: number): StillroomError {
  return new StillroomError({
    code: 'teacher-classes',
    problem: 'The teacher tells other classes apart than the labels',
    got: `labels of ${classes} classes, the largest is ${classes - 1}`,
    wanted: `${[...new Set(widths)].join(' or ')} classes`,
    remedy: 'Choose the labels that this teacher was trained on, or another teacher',
    control: 'teacher.file',
  });
}

/** Lengths of a sample that are offered, in tokens. */
const lengths = [8, 16, 32, 64, 128, 256] as const;

/** One after the other: each may be large. */
async function inspected(models: readonly GivenFile[], external: readonly GivenFile[]) {
  const found: TeacherInspection[] = [];
  for (const model of models) found.push(await inspectFile(model, external));
  return found;
}

/** Models of language with their tokenizer, and texts that they read. */
async function inspectLanguage(
  model: GivenFile,
  others: readonly GivenFile[],
  files: readonly GivenFile[],
): Promise<FileInspection> {
  checkModels([model, ...others], limits.members.max);
  const external = files.filter((file) => file !== model && !others.includes(file));
  const teacher = await inspectFile(model, external);
  const { context = null } = teacher.language ?? {};
  const tokenizer = 'teacher' as const;
  const text = teacher.missing.length > 0 ? undefined : await ownText(files, { tokenizer, column: 'text' });
  const samples = (given: NonNullable<typeof text>) =>
    lengths
      .filter((length) => context === null || length <= context)
      .map((length) => ({ length, count: textSamples(given, { tokenizer, length }) }));
  return {
    teacher,
    more: await inspected(others, external),
    ...{ images: null, labels: null },
    text: text === undefined ? null : { documents: text.documents.length, samples: samples(text) },
    missing: [
      ...teacher.missing.map((name) => `the file ${name}, which belongs to the model`),
      ...(text === undefined && teacher.missing.length === 0 ? ['a text: a .txt, .jsonl or .csv file'] : []),
    ],
    fingerprint: text === undefined ? '' : fingerprintOf(text),
  };
}
