/**
 * Several teachers as one: what each answered beforehand, and the weighted mean of what they say of held-out rows. In a batch
 * the mean is made on the executor (kernels/meanAnswers.ts). It asks none of them.
 */
import type { GivenFile } from '../protocol/commands.ts';
import { StillroomError } from '../spec/errors.ts';
import type { RunSpec, SeveralSpec } from '../spec/runSpec.ts';
import { type AnswerRows, denseOf } from '../teachers/topAnswers.ts';
import type { HeldOutAnswers } from './heldOut.ts';
import type { Answered, TeacherHost } from './prepare.ts';

type Member = SeveralSpec['members'][number];

/** It answers each batch, where the run has it so. */
export function answersLive({ delivery }: Member): boolean {
  return delivery !== 'pack';
}

/** The run as it would be with each of them alone. */
export function memberSpecs(spec: RunSpec, { members, provider, delivery }: SeveralSpec): readonly RunSpec[] {
  return members.map(({ weight: _, delivery: own = delivery, ...member }) => ({
    ...spec,
    teacher: { ...member, delivery: own, provider },
  }));
}

/** The model of a member that is the user's, by its hash, and what may belong to it. */
export async function filesOf(
  member: Member | undefined,
  files: readonly GivenFile[],
  host: Pick<TeacherHost, 'identify'>,
): Promise<readonly GivenFile[]> {
  if (member?.source !== 'file') return [];
  const beside = files.filter(({ name }) => !name.endsWith('.onnx'));
  for (const file of files) {
    if (beside.includes(file)) continue;
    if ((await host.identify(file, beside)).sha256 === member.sha256) return [file, ...beside];
  }
  return [];
}

/** Of held-out rows the mean is made again for each question, since the weights may have moved. */
export function combined(several: SeveralSpec, all: readonly Answered[], classes: number): Answered {
  const known = all.flatMap(({ found: { grid } }) => (grid === null ? [] : [denseOf(grid)]));
  const weights = several.members.map(({ weight }) => weight);
  const total = (part: (one: Answered['identity']) => number) =>
    all.reduce((sum, { identity }) => sum + part(identity), 0);
  const packed = all.every((one) => one.packed);
  return {
    identity: {
      title: all.map(({ identity }) => identity.title).join(' + '),
      parameters: total((one) => one.parameters),
      bytes: total((one) => one.bytes),
      sha256: all.map(({ identity }) => identity.sha256.slice(0, 16)).join(''),
      trainedOn: null,
      ...(packed ? { packBytes: total((one) => one.packBytes ?? 0) } : {}),
    },
    found: {
      transfer: {
        logits: null,
        hidden: [],
        members: all.map(({ found }) => rowsOfMember(found.transfer.logits)),
      },
      ...{ validation: nothing, test: nothing },
      grid: known.length < all.length ? null : meanAnswers(known, weights, several.combine, classes),
    },
    packed,
    file: null,
    asked: null,
    model: () => Promise.reject(noSingleModel()),
    members: all,
  };
}

const nothing = new Float32Array();

function rowsOfMember(logits: AnswerRows | null): Float32Array<ArrayBuffer> | null {
  return logits === null ? null : denseOf(logits);
}

/** `each` answers the same rows. */
export function meanHeldOut(
  each: readonly HeldOutAnswers[],
  several: SeveralSpec,
  classes: number,
): HeldOutAnswers {
  return {
    async answer(first, samples, teacher = several) {
      const { members, combine } = teacher.source === 'several' ? teacher : several;
      const all: Float32Array[] = [];
      // Models are asked one after the other.
      for (const one of each) all.push(await one.answer(first, samples));
      const weights = members.map(({ weight }) => weight);
      return meanAnswers(all, weights, combine, classes);
    },
  };
}

/**
 * Log-probabilities (rows, classes) of the weighted mean of what each says at T = 1: of probabilities, or of
 * log-probabilities, which are then no longer normalised. In float64, row by row.
 */
export function meanAnswers(
  answers: readonly Float32Array[],
  weights: readonly number[],
  combine: SeveralSpec['combine'],
  classes: number,
): Float32Array<ArrayBuffer> {
  const [{ length } = nothing] = answers;
  if (answers.some((one) => one.length !== length))
    throw new RangeError('teachers that answered different rows');
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const found = new Float32Array(length);
  const row = new Float64Array(classes);
  for (let start = 0; start < length; start += classes) {
    row.fill(0);
    answers.forEach((logits, i) => {
      const share = (weights[i] ?? 0) / total;
      // A weight of 0 has no say, be it about a class that another excludes.
      if (share === 0) return;
      const own = logits.subarray(start, start + classes);
      const offset = logSumExp(own);
      own.forEach((logit, label) => {
        const logP = logit - offset;
        row[label] = (row[label] ?? 0) + share * (combine === 'probabilities' ? Math.exp(logP) : logP);
      });
    });
    found.set(combine === 'probabilities' ? row.map(Math.log) : row, start);
  }
  return found;
}

function logSumExp(row: Float32Array): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (const value of row) largest = Math.max(largest, value);
  return largest + Math.log(row.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}

/** Of several teachers, and of an averaged copy of the student. */
export function noSingleModel(): StillroomError {
  return new StillroomError({
    code: 'teacher-several',
    problem:
      'This teacher is no single model: it answers the rows of the run, and nothing else that is asked',
    remedy: 'Choose one model as the teacher to ask it',
    control: 'teacher.source',
  });
}
