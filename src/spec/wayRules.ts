/** What a way of teaching asks of the rest of a specification, beside the form of its fields. */
import { StillroomError } from './errors.ts';
import type { RunSpec } from './runSpec.ts';

/** Errors: `spec-average`, `spec-live`, `spec-on-policy`, with the path of the field. */
export function checkWays(spec: RunSpec): void {
  if (spec.teacher.source === 'average') checkAverage(spec);
  if (spec.teacher.delivery === 'live') checkLive(spec);
  spec.arms.forEach((arm, i) => {
    if (arm.kind !== 'distilled') return;
    const own = arm.objective?.onPolicy;
    const onPolicy = arm.objective === undefined ? spec.objective.onPolicy : own;
    if (onPolicy !== undefined) checkOnPolicy(spec, onPolicy.prompt, own === undefined ? '' : `arms.${i}.`);
  });
}

/** What a student writes in the middle of a run, somebody has to read and answer then. */
function checkOnPolicy({ data, teacher, training }: RunSpec, prompt: number, arm: string): void {
  const refuse = (problem: string, got: string, remedy: string, control: string): StillroomError =>
    new StillroomError({ code: 'spec-on-policy', problem, got, remedy, control });
  const control = `${arm}objective.onPolicy`;
  if (!('length' in data))
    throw refuse(
      'Only models of language write',
      data.task,
      'Choose a task of texts, or leave this out',
      control,
    );
  if (teacher.delivery !== 'live') {
    throw refuse(
      'A pack of answers knows nothing of the texts that a student writes',
      'recorded answers',
      'Choose a teacher that answers live: its model, or an averaged copy of the student',
      'teacher.delivery',
    );
  }
  if (prompt >= data.length)
    throw refuse(
      'The student continues a prompt that is as long as a text',
      `${prompt} of ${data.length} tokens`,
      'Lower it, or raise data.length',
      `${control}.prompt`,
    );
  if (training.accumulate === 1) return;
  throw refuse(
    'How many rows a text that is still to be written will have is not known to the batches before it',
    `${training.accumulate} batches per update`,
    'Let each batch be an update',
    'training.accumulate',
  );
}

/** What is done to a teacher's recorded answers is not done to those that it gives in the middle of a run. */
function checkLive({ teacher, arms }: RunSpec): void {
  const faulty = arms.findIndex(({ fault }) => fault === 'zero_logits');
  const lacks = teacher.lacks ?? [];
  if (faulty < 0 && lacks.length === 0) return;
  throw new StillroomError({
    code: 'spec-live',
    problem: 'Classes are taken out of a teacher’s recorded answers, and this teacher answers live',
    got: faulty < 0 ? `a teacher that lacks ${lacks.length}` : 'an arm with zero logits for what it lacks',
    remedy: 'Choose the recorded answers',
    control: 'teacher.delivery',
  });
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
