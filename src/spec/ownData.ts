/** What a run of a user's own teacher and data starts from, in the page and on the command line, where nothing else is said. */

/** Softness of an unknown teacher is unknown: 2 suits one of ordinary confidence, and the page shows what it does. */
export const usualTemperature = 2;

/** Six tenths to learn from, one to choose by, three to judge by. */
export function rowShares(n: number): { transfer: number; validation: number; test: number } {
  const [transfer, validation] = [Math.floor(0.6 * n), Math.floor(0.1 * n)];
  return { transfer, validation, test: n - transfer - validation };
}

/** A teacher that is right hardly more often than by chance: mostly its inputs are scaled otherwise than it expects. */
export function isGuessing(accuracy: number, classes: number): boolean {
  return accuracy < 1.2 / classes;
}

/** What is taken off inputs and what they are then divided by; bytes are first brought to 0…1. */
export interface PixelScaling {
  readonly mean: number;
  readonly std: number;
}

/** How often it was right under each, of so many rows. */
export interface ScalingTrial {
  readonly rows: number;
  readonly right: readonly number[];
}

/** The usual ones. */
export const scalings = {
  unit: { mean: 0, std: 1 },
  symmetric: { mean: 0.5, std: 0.5 },
  bytes: { mean: 0, std: 1 / 255 },
  /** Mean and standard deviation of MNIST's training pixels, as most of its models expect. */
  mnist: { mean: 0.1307, std: 0.3081 },
} as const satisfies Readonly<Record<string, PixelScaling>>;

export type ScalingName = keyof typeof scalings;

/** The scaling under which the teacher is right most often; none where it only guesses under each. */
export function bestScaling({ rows, right }: ScalingTrial, classes: number): ScalingName | null {
  const most = Math.max(...right);
  if (isGuessing(most / Math.max(1, rows), classes)) return null;
  return scalingNames[right.indexOf(most)] ?? null;
}

/** In the order in which they are tried and shown. */
export const scalingNames = Object.keys(scalings) as ScalingName[];
