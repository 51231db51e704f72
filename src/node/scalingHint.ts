/** A word before a run is trained on a teacher that only guesses: under which scaling of its inputs it does not. */
import { StillroomError } from '../spec/errors.ts';
import { bestScaling, isGuessing, type ScalingTrial, scalingNames, scalings } from '../spec/ownData.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import type { Prepared } from '../training/prepare.ts';
import { tryScalings } from '../training/scalingTrial.ts';

interface Judged {
  readonly teacher: Pick<Prepared['teacher'], 'accuracy'>;
  readonly dataset: Prepared['dataset'];
}

type Asked = Pick<Parameters<typeof tryScalings>[0], 'teacher' | 'dataOf'>;

/** Null where there is nothing to say, also where the teacher cannot be asked: a hint ends no run. */
export async function scalingHint(
  spec: RunSpec,
  { teacher, dataset }: Judged,
  asked: Asked,
  host: Parameters<typeof tryScalings>[1],
): Promise<string | null> {
  const classes = dataset.classNames.length;
  if (spec.data.task !== 'file' || spec.teacher.source !== 'file' || !isGuessing(teacher.accuracy, classes))
    return null;
  const tried = scalingNames.map((name) => scalings[name]);
  try {
    return hintOf(await tryScalings({ spec, scalings: tried, ...asked }, host), classes);
  } catch (error) {
    if (error instanceof StillroomError) return null;
    throw error;
  }
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
