/** What a way of teaching asks of the rest of a specification, beside the form of its fields. */
import { StillroomError } from './errors.ts';
import type { RunSpec } from './runSpec.ts';

/** Errors: `spec-average`, with the path of the field. */
export function checkWays(spec: RunSpec): void {
  if (spec.teacher.source === 'average') checkAverage(spec);
}

/** Only logits of the copy are made, beside each batch. */
function checkAverage({ teacher, objective, arms }: RunSpec): void {
  const own = arms.findIndex(
    (arm) => arm.kind === 'distilled' && (arm.objective ?? objective).hidden !== null,
  );
  if (own >= 0) {
    throw new StillroomError({
      code: 'spec-average',
      problem: 'An averaged copy of the student teaches by its logits, and hidden states are to be compared',
      wanted: 'no hidden states',
      remedy: 'Leave hidden states out, or choose another teacher',
      control: arms[own]?.objective === undefined ? 'objective.hidden' : `arms.${own}.objective.hidden`,
    });
  }
  if ((teacher.lacks ?? []).length === 0) return;
  throw new StillroomError({
    code: 'spec-average',
    problem: 'An averaged copy of the student has the classes of the student',
    got: `a teacher that lacks ${(teacher.lacks ?? []).length}`,
    remedy: 'Leave teacher.lacks out',
    control: 'teacher.lacks',
  });
}
