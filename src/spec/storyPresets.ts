/**
 * Presets of language over Stories. As the others they are frozen: a better setting is a new version under a new id.
 * The texts are few, so that there is something a teacher can add. All are small enough for five seeds in half an hour on
 * two cores; what they show is in docs/experiments.md.
 */
import type { RunSpec } from './runSpec.ts';

const stories: Extract<RunSpec['data'], { task: 'stories' }> = {
  task: 'stories',
  tokenizer: 'word',
  written: false,
  length: 32,
  transfer: 200,
  labelled: 'all',
  validation: 100,
  test: 300,
  leaveOut: [],
  labelNoise: 0,
  dataSeed: 1,
};

const student: Extract<RunSpec['student'], { kind: 'transformer' }> = {
  kind: 'transformer',
  layers: 2,
  width: 24,
  heads: 3,
  kvHeads: 3,
  norm: 'rms',
  positions: 'rotary',
  mlp: 'swiglu',
  tied: true,
  dropout: 0,
};

const objective: RunSpec['objective'] = {
  mix: 1,
  temperature: 1,
  scaleByT2: true,
  terms: [{ id: 'forward_kl', weight: 1 }],
  hidden: null,
};

const base: RunSpec = {
  schema: 1,
  name: '',
  seed: 1,
  data: stories,
  teacher: { source: 'builtin', id: 'stories-transformer', delivery: 'pack', provider: 'auto' },
  student,
  objective,
  optimiser: {
    kind: 'adamw',
    learningRate: 1.2e-2,
    schedule: 'cosine',
    warmup: 30,
    weightDecay: 0.01,
    beta1: 0.9,
    beta2: 0.95,
    epsilon: 1e-8,
    momentum: 0.9,
    clipNorm: 1,
  },
  training: { steps: 400, batch: 8, accumulate: 1, evaluateEvery: 50 },
  arms: [{ kind: 'labels' }, { kind: 'distilled' }],
  evaluation: { offset: 0 },
  events: [],
};

export const storyPresets: readonly {
  readonly id: string;
  readonly title: string;
  readonly spec: RunSpec;
}[] = [
  {
    id: 'stories-1',
    title: 'Stories',
    spec: { ...base, name: 'Stories', arms: [{ kind: 'labels' }, { kind: 'hard' }, { kind: 'distilled' }] },
  },
  {
    id: 'stories-directions-1',
    title: 'Stories: forward and reverse',
    spec: {
      ...base,
      name: 'Stories: forward and reverse',
      arms: [
        { kind: 'distilled', name: 'forward KL' },
        {
          kind: 'distilled',
          name: 'reverse KL',
          objective: { ...objective, terms: [{ id: 'reverse_kl', weight: 1 }] },
        },
      ],
    },
  },
  {
    id: 'stories-too-small-1',
    title: 'Stories: a student too small',
    spec: {
      ...base,
      name: 'Stories: a student too small',
      student: { ...student, layers: 1, width: 8, heads: 1, kvHeads: 1 },
    },
  },
  {
    id: 'stories-written-1',
    title: 'Stories: what the teacher writes',
    spec: {
      ...base,
      name: 'Stories: what the teacher writes',
      data: { ...stories, written: true, transfer: 1_000 },
      arms: [
        { kind: 'labels', name: 'written texts' },
        { kind: 'distilled', name: 'and their logits' },
      ],
    },
  },
];
