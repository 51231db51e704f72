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
import { type TeacherHost, type TeacherModel, teacherModel } from './prepare.ts';
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
export async function measureSpeed(race: Race, host: TeacherHost): Promise<Speed> {
  const [arm] = race.trainer.arms;
  if (arm === undefined) throw new RangeError('a race without arms');
  const { members, model, dataset } = race.prepared;
  const teachers = await Promise.all(members.length === 0 ? [model()] : members.map((one) => one.model()));
  const [teacher] = teachers;
  if (teacher === undefined) throw new RangeError('a race without a teacher');
  const student: TeacherModel = {
    ...teacher,
    ...{ bytes: writeOnnx(studentGraph(arm.model, await arm.parameters(), {})), external: [], taps: [] },
    ...{ input: 'input', logits: 'logits' },
  };
  const { inputs, n } = dataset.test;
  const rows = Math.min(samples, n);
  const some = inputs.slice(0, rows * sampleSize(dataset.inputShape));
  const of = async (one: TeacherModel) => {
    const session = await host.openRows(one);
    try {
      return (await medianRun(session, some, rows)) / rows;
    } finally {
      session.dispose();
    }
  };
  // Several answer one after the other, as in a run.
  let together = 0;
  for (const one of teachers) together += await of({ ...one, taps: [] });
  return { batch: rows, teacher: together, student: await of(student) };
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
