/**
 * The failure gallery: for each mistake a short run of two arms that differ in it alone. Only specifications; what a
 * fault does is in training/faults.ts, the words are in the locale.
 */
import { presets } from './presets.ts';
import type { ArmFault, RunSpec } from './runSpec.ts';

export interface Exhibit {
  readonly fault: ArmFault;
  readonly spec: RunSpec;
}

const pool = presets.get('few-labels-1')?.spec;
const steps = 400;

function exhibit(
  fault: ArmFault,
  base: RunSpec,
  { data = {}, teacher = {}, objective = {} }: Partial<Record<'data' | 'teacher' | 'objective', object>>,
): Exhibit {
  return {
    fault,
    spec: {
      ...base,
      name: '',
      data: { ...base.data, ...data },
      teacher: { ...base.teacher, ...teacher },
      objective: { ...base.objective, ...objective },
      training: { ...base.training, steps, evaluateEvery: 20 },
      arms: [
        { kind: 'distilled', name: 'right' },
        { kind: 'distilled', name: 'wrong', fault },
      ],
    },
  };
}

function exhibits(base: RunSpec): readonly Exhibit[] {
  // Many labels, of which four in ten are wrong: what the teacher's share is worth shows in the accuracy.
  const noisy = { labelled: 'all', labelNoise: 0.4 };
  return [
    exhibit('t2_missing', base, { data: noisy, objective: { mix: 0.5 } }),
    exhibit('mask_ignored', base, { data: { padding: 0.3 } }),
    exhibit('zero_logits', base, { data: { leaveOut: [8, 9] }, teacher: { lacks: [8, 9] } }),
    exhibit('naive_tail', base, {
      objective: {
        temperature: 0.2,
        scaleByT2: false,
        mix: 1,
        terms: [{ id: 'sparse_tail', weight: 1, k: 1 }],
      },
    }),
    exhibit('divided_twice', base, { data: noisy, objective: { mix: 0.5 } }),
  ];
}

export const gallery: readonly Exhibit[] = pool === undefined ? [] : exhibits(pool);
