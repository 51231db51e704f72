/** Names the first tensor of a step that is not finite, from what the step read and wrote. It runs nothing. */
import { rowStat } from '../kernels/rowLoss.ts';
import { statsWidth } from '../ops/compile.ts';
import { StillroomError } from '../spec/errors.ts';
import type { Executor, Storage } from '../tensor/executor.ts';
import type { Arm } from './arm.ts';
import type { Batches } from './batches.ts';

const ofTeacher = "the teacher's";

/** What ends a run whose teacher gave a `tensor` that is not finite; null for any other tensor. */
export function teacherBroken(tensor: string | null, step: number): StillroomError | null {
  if (tensor === null || !tensor.startsWith(ofTeacher)) return null;
  return new StillroomError({
    code: 'teacher-nan',
    problem: `In the batch of step ${step}, ${tensor} was not finite`,
    wanted: 'finite numbers',
    remedy: 'Check how pixels are scaled, let the teacher run on the processor, or choose another one',
    control: 'teacher.provider',
  });
}

/** Arms would learn from nothing: a live teacher was to answer, and is not there. */
export function unanswered(): StillroomError {
  return new StillroomError({
    code: 'teacher-unanswered',
    problem: 'This run has neither a live teacher nor its answers',
    remedy: "Choose the teacher's recorded answers, or switch the live teacher on",
    control: 'teacher.delivery',
  });
}

/** What the forward pass of a batch read and found, in that order; null where all is finite. */
export async function brokenInBatch(
  executor: Executor,
  batches: Batches,
  arm: Arm,
  stats: Storage,
): Promise<string | null> {
  const given = [
    ['the input', batches.input],
    [`${ofTeacher} logits`, batches.teacher],
    ...batches.shape.hidden.map((_, i) => [`${ofTeacher} hidden state ${i}`, batches.hidden(i)] as const),
  ] as const;
  for (const [name, storage] of given) {
    // A class that a teacher excludes has the logit −∞, which is as it should be.
    const excludes = storage === batches.teacher;
    if ((await executor.read(storage)).some((x) => isBroken(x) && !(excludes && x < 0))) return name;
  }
  const parameters = await segmentsOf(executor, arm, (segment) => arm.flat('parameters', segment));
  const parameter = brokenTensor(arm, parameters);
  if (parameter !== null) return `the parameter ${parameter}`;
  const rows = await executor.read(stats);
  for (let at = rowStat.broken; at < rows.length; at += statsWidth)
    if ((rows[at] ?? 0) > 0) return "the student's logits";
  return null;
}

/** The first gradient that is not finite, or their norm; null where all is well. `storageOf` a segment. */
export async function brokenGradient(
  executor: Executor,
  arm: Arm,
  storageOf: (segment: number) => Storage,
): Promise<string | null> {
  const segments = await segmentsOf(executor, arm, storageOf);
  const tensor = brokenTensor(arm, segments);
  if (tensor !== null) return `the gradient of ${tensor}`;
  const squares = segments.reduce((sum, numbers) => numbers.reduce((s, x) => s + x * x, sum), 0);
  return Number.isFinite(Math.fround(squares)) ? null : "the gradients' squared norm";
}

type Segments = readonly Float32Array[];

/** The tensors of one kind, segment by segment, without what pads the last of them. */
function segmentsOf(
  executor: Executor,
  { model }: Arm,
  storageOf: (segment: number) => Storage,
): Promise<Segments> {
  const { segments } = model.tape.table;
  return Promise.all(segments.map((length, segment) => executor.read(storageOf(segment), 0, length)));
}

/** In the order of the table. */
function brokenTensor({ model }: Arm, segments: Segments): string | null {
  const found = model.tape.table.entries.find(({ segment, offset, length }) =>
    segments[segment]?.subarray(offset, offset + length).some(isBroken),
  );
  return found?.name ?? null;
}

function isBroken(x: number): boolean {
  return !Number.isFinite(x);
}
