/**
 * Hard limits of a run specification. Anything inside them is accepted and costed before it is allocated;
 * anything outside is refused (or, in a link, clamped and shown). Not the ranges of sliders: those are the page's.
 */

export interface Range {
  readonly min: number;
  readonly max: number;
}

export const limits = {
  seed: { min: 0, max: 0xffff_ffff },
  steps: { min: 1, max: 1_000_000 },
  batch: { min: 1, max: 8_192 },
  accumulate: { min: 1, max: 64 },
  every: { min: 1, max: 1_000_000 },
  positions: { min: 2, max: 4_096 },
  samples: { min: 1, max: 1_000_000 },
  learningRate: { min: 0, max: 10 },
  weightDecay: { min: 0, max: 10 },
  beta: { min: 0, max: 0.999_999 },
  /** Of an averaged copy; 1 would never move it. */
  decay: { min: 0, max: 0.999_999 },
  epsilon: { min: 1e-12, max: 1e-2 },
  clipNorm: { min: 0, max: 1e6 },
  temperature: { min: 0.01, max: 1_000 },
  /** Of drawing tokens; 0 takes the likeliest. */
  sampling: { min: 0, max: 100 },
  /** Tokens that a written text continues. */
  prompt: { min: 1, max: 4_095 },
  weight: { min: 0, max: 1_000 },
  share: { min: 0, max: 1 },
  /** Any parameter of a term; the range of each loss is in terms.ts. */
  parameter: { min: 0, max: 1_000 },
  /** A parameter of a formula. */
  value: { min: -1e6, max: 1e6 },
  formulaLength: { min: 0, max: 2_000 },
  formulaValues: { min: 0, max: 4 },
  noise: { min: 0, max: 2 },
  offset: { min: 0, max: 100 },
  width: { min: 1, max: 8_192 },
  layers: { min: 0, max: 16 },
  blocks: { min: 1, max: 16 },
  heads: { min: 1, max: 64 },
  kernel: { min: 1, max: 16 },
  channels: { min: 1, max: 512 },
  classes: { min: 2, max: 200_000 },
  arms: { min: 1, max: 8 },
  terms: { min: 1, max: 4 },
  pairs: { min: 1, max: 8 },
  /** Largest answers of a row that are kept. */
  top: { min: 1, max: 1_024 },
  /** Of several teachers. */
  members: { min: 2, max: 4 },
  events: { min: 0, max: 1_000 },
  nameLength: { min: 0, max: 80 },
} as const satisfies Record<string, Range>;

/** Events that a link carries; a bundle carries them all. */
export const linkEvents = 64;
