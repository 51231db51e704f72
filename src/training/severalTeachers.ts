/**
 * Several teachers as one: the weighted mean of what they answered, made once before a run. It asks none of them.
 */
import type { GivenFile } from '../protocol/commands.ts';
import { StillroomError } from '../spec/errors.ts';
import type { RunSpec, SeveralSpec } from '../spec/runSpec.ts';
import { type AnswerRows, denseOf } from '../teachers/topAnswers.ts';
import type { Answered, Found, TeacherHost } from './prepare.ts';

type Member = SeveralSpec['members'][number];

/** The run as it would be with each of them alone. */
export function memberSpecs(spec: RunSpec, { members, provider }: SeveralSpec): readonly RunSpec[] {
  return members.map(({ weight: _, ...member }) => ({
    ...spec,
    teacher: { ...member, delivery: 'pack', provider },
  }));
}

/** The one file of a member that is the user's: by its hash. */
export async function fileOf(
  member: Member | undefined,
  files: readonly GivenFile[],
  host: Pick<TeacherHost, 'identify'>,
): Promise<readonly GivenFile[]> {
  if (member?.source !== 'file') return [];
  for (const file of files) if ((await host.identify(file, [])).sha256 === member.sha256) return [file];
  return [];
}

/** Errors: RangeError where they answered different rows. */
export function combined(
  { members, combine }: SeveralSpec,
  all: readonly Answered[],
  classes: number,
): Answered {
  const weights = members.map(({ weight }) => weight);
  const mean = (logits: readonly Float32Array[]) => meanAnswers(logits, weights, combine, classes);
  const of = (part: (found: Found) => AnswerRows | null) =>
    all.map(({ found }) => denseOf(part(found) ?? nothing));
  const [transfer, grid] = [of((found) => found.transfer.logits), of((found) => found.grid)];
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
      transfer: { logits: mean(transfer), hidden: [] },
      validation: mean(of((found) => found.validation)),
      test: mean(of((found) => found.test)),
      grid: grid.includes(nothing) ? null : mean(grid),
    },
    packed,
    file: null,
    asked: null,
    model: () => Promise.reject(noSingleModel()),
  };
}

const nothing = new Float32Array();

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
