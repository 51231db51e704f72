/**
 * Which scaling of its inputs a user's teacher expects. No file says it, and a wrong one makes a teacher guess: so it is asked
 * about a few rows under each, and counted how often it is right.
 */
import { sampleSize } from '../data/task.ts';
import type { GivenFile } from '../protocol/commands.ts';
import { StillroomError } from '../spec/errors.ts';
import type { PixelScaling, ScalingTrial } from '../spec/ownData.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { answerAll, type RowTeacher } from '../teachers/rowTeacher.ts';
import { accuracyOf } from './evaluation.ts';
import type { DatasetOfRun, TeacherHost } from './prepare.ts';

/** Rows that are asked about: enough to tell guessing from knowing, few enough for a moment on a processor. */
const mostRows = 200;

interface Asked {
  readonly spec: RunSpec;
  /** The model, then what may belong to it. */
  readonly teacher: readonly GivenFile[];
  readonly scalings: readonly PixelScaling[];
  dataOf(spec: RunSpec): Promise<DatasetOfRun>;
}

/** Errors: `teacher-missing`, those of the data and of ONNX sessions. */
export async function tryScalings(
  { spec, teacher: [model, ...external], scalings, dataOf }: Asked,
  host: Pick<TeacherHost, 'openRows'>,
): Promise<ScalingTrial> {
  const { data, teacher } = spec;
  if (data.task !== 'file' || !('logits' in teacher))
    throw new RangeError('a trial of files without a teacher of theirs');
  if (model === undefined)
    throw new StillroomError({ code: 'teacher-missing', problem: 'There is no teacher to ask' });
  const rows = Math.min(mostRows, data.test);
  const few = { ...data, transfer: 1, validation: 1, test: rows, labelled: 'all', labelNoise: 0 } as const;
  const { input, logits } = teacher;
  const right: number[] = [];
  let session: RowTeacher | null = null;
  try {
    for (const scaling of scalings) {
      const { dataset } = await dataOf({ ...spec, data: { ...few, ...scaling } });
      const { inputShape, inputDtype, positions, classNames } = dataset;
      session ??= await host.openRows({
        ...{ bytes: model.bytes, external, input, logits, taps: [], maps: 'pool' },
        ...{ inputShape, inputDtype, positions, classes: classNames.length },
      });
      right.push(await countRight(session, dataset));
    }
  } finally {
    session?.dispose();
  }
  return { rows, right };
}

/** Where answers are not finite none is right. */
async function countRight(session: RowTeacher, dataset: DatasetOfRun['dataset']): Promise<number> {
  const { test, classNames, inputShape } = dataset;
  const inputs = test.inputs.slice(0, test.n * sampleSize(inputShape));
  const logits = await answerAll(session, inputs, test.n).then(
    (answers) => answers.logits,
    (error: unknown) => {
      if (error instanceof StillroomError && error.detail.code === 'teacher-nan') return null;
      throw error;
    },
  );
  if (logits === null) return 0;
  const { trueLabels: labels, valid } = test;
  const accuracy = accuracyOf({
    classes: classNames.length,
    student: logits,
    teacher: logits,
    labels,
    valid,
  });
  return Math.round(accuracy * test.n);
}
