/** From a run's specification to its task and data. It chooses; the work is in the modules it names. */
import { StillroomError } from '../spec/errors.ts';
import type { DataSpec, RunSpec } from '../spec/runSpec.ts';
import { buildDataset } from './dataset.ts';
import { fileDataset } from './fileDataset.ts';
import { glyphTask } from './glyphs.ts';
import { withPadding } from './padding.ts';
import { planeTask } from './planes.ts';
import { storyTask } from './stories.ts';
import type { Dataset, Task } from './task.ts';
import { buildTextDataset } from './textDataset.ts';
import { textFileDataset, type UserText } from './textFileDataset.ts';
import type { Sequence, TextTask, Vocabulary } from './textTask.ts';
import type { UserData } from './userFiles.ts';

/** Reads the texts that a teacher wrote in tokens of this vocabulary. */
type Written = (vocabulary: Vocabulary) => readonly Sequence[];

/**
 * The data of one replicate. `seed` is the replicate's; `files` are needed for the tasks `file` and `text`, and for Stories
 * that the teacher wrote.
 * Errors: `data-file-missing`, and those of `buildDataset`, `fileDataset` and `textFileDataset`.
 */
export function datasetFromSpec(
  spec: RunSpec,
  seed: number,
  files?: UserData | UserText | Written,
): { readonly dataset: Dataset; readonly task: Task | TextTask | null } {
  const { dataset, task } = drawn(spec, seed, files);
  return { dataset: withPadding(dataset, spec.data.padding ?? 0, spec.data.dataSeed), task };
}

function drawn(
  spec: RunSpec,
  seed: number,
  files: UserData | UserText | Written | undefined,
): { readonly dataset: Dataset; readonly task: Task | TextTask | null } {
  const { data } = spec;
  if (data.task === 'file') {
    if (typeof files !== 'object' || 'documents' in files)
      throw noFiles('images and labels, as two IDX files or one CSV table');
    return { dataset: fileDataset(files, data, seed), task: null };
  }
  if (data.task === 'text') {
    if (typeof files !== 'object' || !('documents' in files))
      throw noFiles('a text, as .txt, .jsonl or .csv');
    return { dataset: textFileDataset(files, data, seed), task: null };
  }
  if (data.task === 'stories') {
    const task = storyTask(data.tokenizer, data.length);
    const written = typeof files === 'function' ? files(task.vocabulary) : undefined;
    return { dataset: buildTextDataset(task, { ...data, seed }, written), task };
  }
  const task = builtInTask(data);
  return { dataset: buildDataset(task, { ...data, seed }), task };
}

function builtInTask(data: Extract<DataSpec, { task: 'planes' | 'glyphs' }>): Task {
  switch (data.task) {
    case 'planes':
      return planeTask(data.shape, data.noise);
    case 'glyphs':
      return glyphTask(data.size);
  }
}

function noFiles(wanted: string): StillroomError {
  return new StillroomError({
    code: 'data-file-missing',
    problem: 'This run needs data files of yours',
    wanted,
    remedy: 'Give the files',
    control: 'data.file',
  });
}
