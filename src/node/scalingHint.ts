/** A word before a run is trained on a teacher that only guesses: under which scaling of its inputs it does not. */
import { bestScaling, isGuessing, type ScalingTrial, scalingNames, scalings } from '../spec/ownData.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import type { Prepared } from '../training/prepare.ts';
import { tryScalings } from '../training/scalingTrial.ts';

type Asked = Pick<Parameters<typeof tryScalings>[0], 'teacher' | 'dataOf'>;

/** Null where there is nothing to say. Errors: those of the data and of ONNX sessions. */
export async function scalingHint(
  spec: RunSpec,
  { teacher, dataset }: Prepared,
  asked: Asked,
  host: Parameters<typeof tryScalings>[1],
): Promise<string | null> {
  const classes = dataset.classNames.length;
  if (spec.data.task !== 'file' || spec.teacher.source !== 'file' || !isGuessing(teacher.accuracy, classes))
    return null;
  const tried = scalingNames.map((name) => scalings[name]);
  return hintOf(await tryScalings({ spec, scalings: tried, ...asked }, host), classes);
}

/** Of a trial under each usual scaling. */
export function hintOf(trial: ScalingTrial, classes: number): string {
  const best = bestScaling(trial, classes);
  const guesses = 'The teacher is right no more often than by guessing';
  if (best === null)
    return `${guesses}, and so it is under every usual scaling: it may expect another (--scale), or its classes may not be these labels.`;
  const { mean, std } = scalings[best];
  const right = trial.right[scalingNames.indexOf(best)] ?? 0;
  return `${guesses}; under --scale ${mean},${Number(std.toPrecision(6))} it is right about ${right} of ${trial.rows}.`;
}
