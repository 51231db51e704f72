/** How each built-in teacher is made: its data, its architecture and its settings. teachers.ts follows a recipe. */
import { glyphTask } from '../data/glyphs.ts';
import { planeTask } from '../data/planes.ts';
import { storyTask } from '../data/stories.ts';
import type { Task } from '../data/task.ts';
import type { TextTask } from '../data/textTask.ts';
import type { OptimiserSpec, StudentSpec } from '../spec/runSpec.ts';

export interface TeacherRecipe {
  readonly id: string;
  readonly title: string;
  readonly task: Task | TextTask;
  readonly model: StudentSpec;
  readonly optimiser: OptimiserSpec;
  readonly rows: number;
  /** Share of wrong labels among those it learns from. */
  readonly labelNoise: number;
  readonly heldOut: number;
  readonly steps: number;
  readonly batch: number;
  readonly seed: number;
  /** Samples of each stream that its pack answers. */
  readonly pack: {
    readonly transfer: number;
    readonly validation: number;
    readonly test: number;
    /** Of texts: the largest logits of each position that are kept. */
    readonly top?: number;
  };
  /** Texts that it writes. */
  readonly written?: number;
}

const adamw: OptimiserSpec = {
  kind: 'adamw',
  learningRate: 1e-3,
  schedule: 'cosine',
  warmup: 100,
  weightDecay: 0.01,
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  momentum: 0.9,
  clipNorm: 0,
};

const glyphs: Omit<TeacherRecipe, 'id' | 'title' | 'labelNoise' | 'steps'> = {
  task: glyphTask(16),
  model: { kind: 'mlp', hidden: [512, 512], activation: 'relu', norm: 'none', dropout: 0 },
  optimiser: adamw,
  rows: 60_000,
  heldOut: 10_000,
  batch: 128,
  seed: 1,
  pack: { transfer: 12_600, validation: 1_000, test: 10_000 },
};

export const teacherRecipes: readonly TeacherRecipe[] = [
  {
    id: 'stories-transformer',
    title: 'Stories teacher',
    task: storyTask('word', 32),
    model: {
      kind: 'transformer',
      ...{ layers: 2, width: 32, heads: 4, kvHeads: 4, tied: true, dropout: 0 },
      ...{ norm: 'rms', positions: 'rotary', mlp: 'swiglu' },
    },
    optimiser: { ...adamw, learningRate: 6e-3, clipNorm: 1 },
    rows: 100_000,
    labelNoise: 0,
    heldOut: 2_000,
    steps: 6_000,
    batch: 16,
    seed: 1,
    pack: { transfer: 1_000, validation: 100, test: 400, top: 8 },
    written: 1_000,
  },
  {
    id: 'moons-mlp',
    title: 'Moons teacher',
    task: planeTask('moons', 0.2),
    model: { kind: 'mlp', hidden: [64, 64], activation: 'tanh', norm: 'none', dropout: 0 },
    optimiser: { ...adamw, learningRate: 3e-3 },
    rows: 20_000,
    labelNoise: 0,
    heldOut: 10_000,
    steps: 2_000,
    batch: 128,
    seed: 1,
    pack: { transfer: 2_000, validation: 1_000, test: 4_000 },
  },
  { id: 'glyphs-mlp', title: 'Glyph teacher', labelNoise: 0, steps: 6_000, ...glyphs },
  // Few enough rows, seen often enough, that it has learnt some of the noise by heart: then its student can pass it.
  {
    id: 'glyphs-mlp-noisy',
    title: 'Noise-taught teacher',
    labelNoise: 0.36,
    steps: 4_000,
    ...glyphs,
    rows: 40_000,
  },
];
