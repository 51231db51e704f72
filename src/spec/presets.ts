/**
 * Frozen, versioned specifications. A link names one and carries the difference from it, so a published
 * preset never changes: a better setting is a new version under a new id.
 */
import type { RunSpec } from './runSpec.ts';
import { storyPresets } from './storyPresets.ts';

export interface Preset {
  readonly id: string;
  readonly title: string;
  readonly spec: RunSpec;
}

const adamw: RunSpec['optimiser'] = {
  kind: 'adamw',
  learningRate: 4e-3,
  schedule: 'cosine',
  warmup: 0,
  weightDecay: 0.01,
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  momentum: 0.9,
  clipNorm: 0,
};

const glyphs: RunSpec['data'] = {
  task: 'glyphs',
  size: 16,
  transfer: 10_000,
  labelled: 'all',
  validation: 1_000,
  test: 10_000,
  leaveOut: [],
  labelNoise: 0,
  dataSeed: 1,
};

const base: RunSpec = {
  schema: 1,
  name: '',
  seed: 1,
  data: glyphs,
  teacher: { source: 'builtin', id: 'glyphs-mlp', delivery: 'pack', provider: 'auto' },
  student: { kind: 'mlp', hidden: [256, 256], activation: 'relu', norm: 'none', dropout: 0 },
  objective: {
    mix: 0.9,
    temperature: 16,
    scaleByT2: true,
    terms: [{ id: 'forward_kl', weight: 1 }],
    hidden: null,
  },
  optimiser: adamw,
  training: { steps: 2_000, batch: 128, accumulate: 1, evaluateEvery: 50 },
  arms: [{ kind: 'labels' }, { kind: 'hard' }, { kind: 'distilled' }],
  evaluation: { offset: 0 },
  events: [],
};

const list: readonly Preset[] = [
  {
    id: 'dark-knowledge-1',
    title: 'Dark knowledge',
    spec: { ...base, name: 'Dark knowledge', data: { ...glyphs, leaveOut: [3] } },
  },
  {
    id: 'few-labels-1',
    title: 'Few labels',
    spec: {
      ...base,
      name: 'Few labels',
      data: { ...glyphs, transfer: 1_000, labelled: 100 },
      student: { kind: 'mlp', hidden: [128, 128], activation: 'relu', norm: 'none', dropout: 0 },
    },
  },
  {
    id: 'noisy-labels-1',
    title: 'Noisy labels',
    spec: {
      ...base,
      name: 'Noisy labels',
      data: { ...glyphs, transfer: 6_000, labelNoise: 0.36 },
      teacher: { source: 'builtin', id: 'glyphs-mlp-noisy', delivery: 'pack', provider: 'auto' },
      objective: { ...base.objective, temperature: 1 },
    },
  },
  {
    id: 'two-moons-1',
    title: 'Two moons',
    spec: {
      ...base,
      name: 'Two moons',
      data: {
        task: 'planes',
        shape: 'moons',
        noise: 0.2,
        everywhere: false,
        transfer: 2_000,
        labelled: 20,
        validation: 1_000,
        test: 4_000,
        leaveOut: [],
        labelNoise: 0,
        dataSeed: 1,
      },
      teacher: { source: 'builtin', id: 'moons-mlp', delivery: 'pack', provider: 'auto' },
      student: { kind: 'mlp', hidden: [16, 16], activation: 'tanh', norm: 'none', dropout: 0 },
      objective: { ...base.objective, temperature: 4 },
      optimiser: { ...adamw, learningRate: 1e-2 },
      training: { steps: 1_500, batch: 128, accumulate: 1, evaluateEvery: 50 },
    },
  },
  ...storyPresets,
];

export const presets: ReadonlyMap<string, Preset> = new Map(
  list.map((preset) => [preset.id, deepFreeze(preset)]),
);

/** The preset of the first paint. */
export const firstPreset = 'dark-knowledge-1';

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}
