/** What a way of teaching asks of the rest of a specification, beside the form of its fields. */
import { StillroomError } from './errors.ts';
import type { RunSpec, SeveralSpec } from './runSpec.ts';

/** Errors: `spec-average`, `spec-several`, `spec-live`, `spec-on-policy`, with the path of the field. */
export function checkWays(spec: RunSpec): void {
  if (spec.teacher.source === 'average') checkAverage(spec);
  if (spec.teacher.source === 'several') checkSeveral(spec, spec.teacher);
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
  const recorded =
    teacher.source === 'several' ? teacher.members.findIndex((one) => one.delivery === 'pack') : -1;
  if (recorded >= 0) {
    throw refuse(
      'A pack of answers knows nothing of the texts that a student writes',
      `recorded answers of teacher ${recorded + 1}`,
      'Let every teacher answer live',
      `teacher.members.${recorded}.delivery`,
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
  if ('top' in teacher && teacher.top !== undefined) throw liveTop(teacher.top);
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

function liveTop(k: number): StillroomError {
  return new StillroomError({
    code: 'spec-live',
    problem:
      'The largest answers of each row are kept where answers are recorded, and this teacher answers live',
    got: `the ${k} largest`,
    remedy: 'Choose the recorded answers, or a loss that takes the largest of each batch',
    control: 'teacher.delivery',
  });
}

/** Hidden states of several models are no one state. */
function checkSeveral(spec: RunSpec, { members }: SeveralSpec): void {
  checkWeights(members);
  const faulty = spec.arms.findIndex(({ fault }) => fault === 'zero_logits');
  if (faulty >= 0) {
    throw new StillroomError({
      code: 'spec-several',
      problem: 'An arm is shown zeros for what one teacher lacks, and several teach here',
      remedy: 'Choose one teacher, or leave this mistake out',
      control: `arms.${faulty}.fault`,
    });
  }
  const control = comparedHidden(spec);
  if (control === null) return;
  throw new StillroomError({
    code: 'spec-several',
    problem: 'Several teachers teach by their logits, and hidden states are to be compared',
    wanted: 'no hidden states',
    remedy: 'Leave hidden states out, or choose one teacher',
    control,
  });
}

/** Errors: `spec-several` where none of them has a say. */
export function checkWeights(members: readonly { readonly weight: number }[]): void {
  if (members.some(({ weight }) => weight > 0)) return;
  throw new StillroomError({
    code: 'spec-several',
    problem: 'None of the teachers has a weight',
    remedy: 'Raise the weight of one',
    control: 'teacher.members.0.weight',
  });
}

/** Where the first arm is that compares hidden states; null where none does. */
function comparedHidden({ arms, objective }: RunSpec): string | null {
  const own = arms.findIndex(
    (arm) => arm.kind === 'distilled' && (arm.objective ?? objective).hidden !== null,
  );
  if (own < 0) return null;
  return arms[own]?.objective === undefined ? 'objective.hidden' : `arms.${own}.objective.hidden`;
}

/** Only logits of the copy are made, beside each batch. */
function checkAverage(spec: RunSpec): void {
  const { lacks = [] } = spec.teacher;
  const control = comparedHidden(spec);
  if (control !== null) {
    throw new StillroomError({
      code: 'spec-average',
      problem: 'An averaged copy of the student teaches by its logits, and hidden states are to be compared',
      wanted: 'no hidden states',
      remedy: 'Leave hidden states out, or choose another teacher',
      control,
    });
  }
  if (lacks.length === 0) return;
  throw new StillroomError({
    code: 'spec-average',
    problem: 'An averaged copy of the student has the classes of the student',
    got: `a teacher that lacks ${lacks.length}`,
    remedy: 'Leave teacher.lacks out',
    control: 'teacher.lacks',
  });
}
