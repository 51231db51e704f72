/** What a user's files are, together: teacher, images, labels, and what is still missing, in words ready to show. */
import { fingerprintOf, textSamples } from '../data/textFileDataset.ts';
import { readUserFiles, userDataFingerprint } from '../data/userFiles.ts';
import type { GivenFile } from '../protocol/commands.ts';
import type { FileInspection } from '../protocol/events.ts';
import { StillroomError } from '../spec/errors.ts';
import { inspectTeacher, readsTokens } from '../teachers/onnx/inspect.ts';
import { ownText } from './ownText.ts';

/** A user's files, told apart by their content. */
export interface SortedFiles {
  readonly model: GivenFile | null;
  /** Everything that is neither a model nor data: perhaps the model's external data. */
  readonly external: readonly GivenFile[];
  readonly data: ReturnType<typeof readUserFiles>;
}

/** Errors: those of the readers, and `teacher-twice`. */
export function sortFiles(files: readonly GivenFile[]): SortedFiles {
  const data = readUserFiles(files);
  const of = (kind: 'model' | 'external') => files.filter((_, i) => data.files[i]?.kind === kind);
  const [model = null, second] = of('model');
  if (second !== undefined) {
    throw new StillroomError({
      code: 'teacher-twice',
      problem: 'There are two models',
      got: `${model?.name} and ${second.name}`,
      wanted: 'one teacher',
      remedy: 'Drop one ONNX file',
      control: 'teacher.file',
    });
  }
  return { model, external: of('external'), data };
}

/** Errors: those of the readers and of `inspectTeacher`. */
export async function inspectFiles(files: readonly GivenFile[]): Promise<FileInspection> {
  const reader = files.find(({ name, bytes }) => name.endsWith('.onnx') && readsTokens(bytes));
  if (reader !== undefined) return inspectLanguage(reader, files);
  const { model, external, data } = sortFiles(files);
  const images = data.files.find((file) => file.kind === 'images' || file.kind === 'table');
  const labels = data.files.find((file) => file.kind === 'labels' || file.kind === 'table');
  const teacher = model === null ? null : await inspectTeacher(model.bytes, external);
  const missing = [
    ...(model === null ? ['a teacher: an ONNX file'] : []),
    ...(teacher?.missing ?? []).map((name) => `the file ${name}, which the model names`),
    ...data.missing.map((part) => (part === 'images' ? 'images: an IDX or CSV file' : 'labels: an IDX file')),
  ];
  return {
    teacher,
    images:
      images === undefined ? null : { name: images.name, n: images.images.n, shape: images.images.shape },
    labels:
      labels === undefined ? null : { name: labels.name, n: labels.labels.n, classes: labels.labels.classes },
    missing,
    fingerprint: data.data === undefined ? '' : userDataFingerprint(data.data),
  };
}

/** Lengths of a sample that are offered, in tokens. */
const lengths = [8, 16, 32, 64, 128, 256] as const;

/** A model of language with its tokenizer, and texts that it reads. */
async function inspectLanguage(model: GivenFile, files: readonly GivenFile[]): Promise<FileInspection> {
  const external = files.filter((file) => file !== model);
  const teacher = await inspectTeacher(model.bytes, external);
  const { context = null } = teacher.language ?? {};
  const tokenizer = 'teacher' as const;
  const text = teacher.missing.length > 0 ? undefined : await ownText(files, { tokenizer, column: 'text' });
  const samples = (given: NonNullable<typeof text>) =>
    lengths
      .filter((length) => context === null || length <= context)
      .map((length) => ({ length, count: textSamples(given, { tokenizer, length }) }));
  return {
    teacher,
    ...{ images: null, labels: null },
    text: text === undefined ? null : { documents: text.documents.length, samples: samples(text) },
    missing: [
      ...teacher.missing.map((name) => `the file ${name}, which belongs to the model`),
      ...(text === undefined && teacher.missing.length === 0 ? ['a text: a .txt, .jsonl or .csv file'] : []),
    ],
    fingerprint: text === undefined ? '' : fingerprintOf(text),
  };
}
