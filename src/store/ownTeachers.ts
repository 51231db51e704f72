/** From the models among a user's files to who teaches: the one, or all of them together with equal weights. Pure. */
import type { TeacherInspection } from '../protocol/events.ts';
import type { RunSpec } from '../spec/runSpec.ts';

type Teacher = RunSpec['teacher'];

/** `first` is the likeliest logits of the first model, where the user did not choose another. */
export function ownTeachers(
  models: readonly TeacherInspection[],
  first: { readonly input: string; readonly logits: string },
  delivery: Teacher['delivery'],
): Teacher {
  const [one, ...others] = models;
  const file = { source: 'file', sha256: one?.sha256 ?? '', ...first } as const;
  if (others.length === 0) return { ...file, delivery, provider: 'auto' };
  const members = others.map(({ sha256, inputs, logits }) => {
    const tensors = { input: inputs[0]?.name ?? first.input, logits: logits[0]?.name ?? first.logits };
    return { source: 'file' as const, sha256, ...tensors, weight: 0.5 };
  });
  return {
    ...{ source: 'several', members: [{ ...file, weight: 0.5 }, ...members] },
    ...{ combine: 'probabilities', delivery, provider: 'auto' },
  };
}
