/** From a user's files, as the engine read them, to the specification of a run. Pure; the files themselves stay out. */
import type { FileInspection } from '../protocol/events.ts';
import { rowShares, usualTemperature } from '../spec/ownData.ts';
import { parseRunSpec, type RunSpec, type StudentSpec } from '../spec/runSpec.ts';
import { ownTeachers } from './ownTeachers.ts';

export interface OwnChoices {
  readonly logits: string;
  readonly mean: number;
  readonly std: number;
  readonly labelled: 'all' | number;
  readonly student: keyof typeof smallStudents;
}

/** Small beside any teacher worth distilling, and quick enough for a laptop. */
export const smallStudents = {
  mlp: { kind: 'mlp', hidden: [32, 32], activation: 'relu', norm: 'none', dropout: 0 },
  cnn: {
    kind: 'cnn',
    channels: [8, 16],
    pool: 'max',
    norm: 'none',
    hidden: 0,
    activation: 'relu',
    dropout: 0,
  },
} as const satisfies Readonly<Partial<Record<StudentSpec['kind'], unknown>>>;

/** The smallest side of an image that two poolings leave something of. */
const smallestImage = 8;

/** Convolutions need an image. */
export function studentsFor(shape: readonly number[]): readonly (keyof typeof smallStudents)[] {
  const isImage = shape.length === 3 && Math.min(...shape.slice(1)) >= smallestImage;
  return isImage ? ['mlp', 'cnn'] : ['mlp'];
}

/** Null while a file is missing. Errors: `spec-invalid`. */
export function ownSpec(draft: RunSpec, found: FileInspection, choices: OwnChoices): RunSpec | null {
  const { teacher, images } = found;
  if (teacher === null || images === null || found.labels === null) return null;
  const { transfer, validation, test } = rowShares(images.n);
  const { logits, mean, std, labelled, student } = choices;
  return parseRunSpec({
    ...structuredClone(draft),
    name: 'My teacher',
    data: {
      task: 'file',
      fingerprint: found.fingerprint,
      ...{
        mean,
        std,
        transfer,
        validation,
        test,
        labelled: labelled === 'all' ? 'all' : Math.min(labelled, transfer),
      },
      ...{ leaveOut: [], labelNoise: 0, dataSeed: draft.data.dataSeed },
    },
    teacher: ownTeachers(
      [teacher, ...(found.more ?? [])],
      { input: teacher.inputs[0]?.name ?? '', logits },
      'pack',
    ),
    student: structuredClone(smallStudents[student]),
    objective: { ...draft.objective, temperature: usualTemperature, hidden: null },
    events: [],
  });
}
