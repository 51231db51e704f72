/** What a run looks at again and again: held-out samples, and for a plane the points of its picture. It runs no model. */
import { type PlaneTask, planeGrid } from '../data/planes.ts';
import { type Dataset, sampleSize, type Task } from '../data/task.ts';
import type { TextTask } from '../data/textTask.ts';
import type { Probe } from '../protocol/events.ts';
import type { RunSpec } from '../spec/runSpec.ts';

/** Side of a boundary's picture. */
export const gridSide = 64;
const stripLength = 10;

/** Ten held-out samples of the first left-out class (or ten samples), then one of each class. None of text. */
export function sampleProbe(
  spec: RunSpec,
  { test, classNames, inputShape }: Dataset,
  logits: Float32Array,
): readonly Probe[] {
  const { inputs } = test;
  if (inputs instanceof Uint32Array) return [];
  const size = sampleSize(inputShape);
  const rowsOf = (label: number) =>
    Array.from(test.trueLabels.keys()).filter((row) => test.trueLabels[row] === label);
  const hero = spec.data.leaveOut[0];
  const strip =
    hero === undefined
      ? Array.from({ length: Math.min(stripLength, test.n) }, (_, row) => row)
      : rowsOf(hero).slice(0, stripLength);
  const each = classNames.flatMap((_, label) =>
    rowsOf(label)
      .filter((row) => !strip.includes(row))
      .slice(0, 1),
  );
  const rows = [...strip, ...each].slice(0, 64);
  const pick = (from: Float32Array, width: number) => {
    const picked = new Float32Array(rows.length * width);
    rows.forEach((row, i) => {
      picked.set(from.subarray(row * width, (row + 1) * width), i * width);
    });
    return picked;
  };
  const labels = Uint32Array.from(rows, (row) => test.trueLabels[row] ?? 0);
  const teacher = pick(logits, classNames.length);
  return [{ kind: 'samples', side: 0, inputs: pick(inputs, size), labels, teacher }];
}

export function gridOf({
  task,
}: {
  readonly task: Task | TextTask | null;
}): Float32Array<ArrayBuffer> | null {
  return task !== null && isPlane(task) ? planeGrid(task, gridSide) : null;
}

function isPlane(task: Task | TextTask): task is PlaneTask {
  return 'extent' in task;
}

export function gridProbe(
  grid: Float32Array<ArrayBuffer> | null,
  teacher: Float32Array<ArrayBuffer> | null,
): Probe[] {
  if (grid === null || teacher === null) return [];
  return [{ kind: 'grid', side: gridSide, inputs: grid, labels: new Uint32Array(), teacher }];
}
