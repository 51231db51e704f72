/**
 * Questions about a teacher and a student that no training needs: which inner tensors there are to distil, and how fast
 * each of the two answers. Both models are timed in the same runtime, one after the other, or the ratio says nothing.
 */
import { sampleSize } from '../data/task.ts';
import type { GivenFile } from '../protocol/commands.ts';
import type { OfferedTensor, Speed } from '../protocol/events.ts';
import { writeOnnx } from '../sharing/onnxFile.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { studentGraph } from '../students/exportStudent.ts';
import { inspectTeacher } from '../teachers/onnx/inspect.ts';
import type { RowTeacher } from '../teachers/rowTeacher.ts';
import type { Inputs } from '../tensor/kernel.ts';
import { type Prepared, type TeacherHost, type TeacherModel, teacherModel } from './prepare.ts';
import type { Race } from './race.ts';

/** Runs that are timed, of which the median counts. */
const timedRuns = 7;
const samples = 64;

/** Errors: those of `inspectTeacher`, of assets, and `teacher-missing`. */
export async function teacherTensors(
  spec: RunSpec,
  files: readonly GivenFile[],
  host: TeacherHost,
): Promise<readonly OfferedTensor[]> {
  const { bytes, external } = await teacherModel(spec, files, host);
  return (await inspectTeacher(bytes, external)).taps;
}

/** Errors: those of ONNX sessions. */
export async function measureSpeed(race: Race, prepared: Prepared, host: TeacherHost): Promise<Speed> {
  const [arm] = race.trainer.arms;
  if (arm === undefined) throw new RangeError('a race without arms');
  const teacher = await prepared.model();
  const student: TeacherModel = {
    ...teacher,
    ...{ bytes: writeOnnx(studentGraph(arm.model, await arm.parameters(), {})), external: [], taps: [] },
    ...{ input: 'input', logits: 'logits' },
  };
  const { inputs, n } = prepared.dataset.test;
  const rows = Math.min(samples, n);
  const some = inputs.slice(0, rows * sampleSize(prepared.dataset.inputShape));
  const of = async (model: TeacherModel) => {
    const session = await host.openRows(model);
    try {
      return (await medianRun(session, some, rows)) / rows;
    } finally {
      session.dispose();
    }
  };
  return {
    batch: rows,
    teacher: await of({ ...teacher, taps: [] }),
    student: await of(student),
  };
}

/** Milliseconds, after one run to warm up. */
async function medianRun(session: RowTeacher, inputs: Inputs, n: number): Promise<number> {
  await session.answer(inputs, n);
  const times: number[] = [];
  for (let i = 0; i < timedRuns; i++) {
    const start = performance.now();
    await session.answer(inputs, n);
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  return times[timedRuns >> 1] ?? 0;
}
