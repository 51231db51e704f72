/** Names the first tensor of a step that is not finite, from what the step read and wrote. It runs nothing. */
import { rowStat } from '../kernels/rowLoss.ts';
import { statsWidth } from '../ops/compile.ts';
import type { Executor, Storage } from '../tensor/executor.ts';
import type { Arm } from './arm.ts';
import type { Batches } from './batches.ts';

/** What the forward pass of a batch read and found, in that order; null where all is finite. */
export async function brokenInBatch(
  executor: Executor,
  batches: Batches,
  arm: Arm,
  stats: Storage,
): Promise<string | null> {
  const given = [
    ['the input', batches.input],
    ["the teacher's logits", batches.teacher],
    ...batches.shape.hidden.map((_, i) => [`the teacher's hidden state ${i}`, batches.hidden(i)] as const),
  ] as const;
  for (const [name, storage] of given) {
    // A class that a teacher excludes has the logit −∞, which is as it should be.
    const excludes = storage === batches.teacher;
    if ((await executor.read(storage)).some((x) => isBroken(x) && !(excludes && x < 0))) return name;
  }
  const parameter = await brokenTensor(executor, arm, (segment) => arm.flat('parameters', segment));
  if (parameter !== null) return `the parameter ${parameter}`;
  const rows = await executor.read(stats);
  for (let at = rowStat.broken; at < rows.length; at += statsWidth)
    if ((rows[at] ?? 0) > 0) return "the student's logits";
  return null;
}

/** The first tensor in the order of the table whose window in `storageOf` holds such a number. */
export async function brokenTensor(
  executor: Executor,
  { model }: Arm,
  storageOf: (segment: number) => Storage,
): Promise<string | null> {
  const { entries, segments } = model.tape.table;
  const numbers = await Promise.all(segments.map((_, segment) => executor.read(storageOf(segment))));
  const found = entries.find(({ segment, offset, length }) =>
    numbers[segment]?.subarray(offset, offset + length).some(isBroken),
  );
  return found?.name ?? null;
}

function isBroken(x: number): boolean {
  return !Number.isFinite(x);
}
