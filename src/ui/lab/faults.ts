/**
 * Mistakes that distillation code has shipped with, each as a race of two arms: the right loss, and the same with the
 * mistake. A short run on few labels, so that a minute shows what it does.
 */
import { presets } from '../../spec/presets.ts';
import type { ArmSpec, ObjectiveSpec, RunSpec } from '../../spec/runSpec.ts';

export const faultIds = ['t2', 'mask', 'vocabulary', 'tail', 'tokens'] as const;
export type FaultId = (typeof faultIds)[number];

const presetId = 'few-labels-1';
const steps = 300;

/** The run that shows it, or null where this version cannot make the mistake. */
export function faultRun(
  id: FaultId,
  names: { readonly right: string; readonly wrong: string },
): RunSpec | null {
  const preset = presets.get(presetId)?.spec;
  if (preset === undefined) return null;
  const right: ObjectiveSpec = { ...preset.objective, mix: 0.5 };
  const wrong = mistaken(id, right, preset.training.batch);
  if (wrong === null) return null;
  const arms: readonly ArmSpec[] = [
    { kind: 'distilled', name: names.right },
    { kind: 'distilled', name: names.wrong, objective: wrong },
  ];
  return structuredClone({
    ...preset,
    name: names.wrong,
    objective: right,
    arms: [...arms],
    training: { ...preset.training, steps, evaluateEvery: 25 },
  });
}

/** What the faulty code trained on in truth. */
function mistaken(id: FaultId, right: ObjectiveSpec, batch: number): ObjectiveSpec | null {
  switch (id) {
    case 't2':
      return { ...right, scaleByT2: false };
    case 'tokens':
      return { ...right, terms: right.terms.map((term) => ({ ...term, weight: term.weight / batch })) };
    default:
      return null;
  }
}

export const faultPreset = presetId;
