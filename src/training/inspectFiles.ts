/** What a user's files are, together: teacher, images, labels, and what is still missing, in words ready to show. */
import { readUserFiles, userDataFingerprint } from '../data/userFiles.ts';
import type { GivenFile } from '../protocol/commands.ts';
import type { FileInspection } from '../protocol/events.ts';
import { StillroomError } from '../spec/errors.ts';
import { inspectTeacher } from '../teachers/onnx/inspect.ts';

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
