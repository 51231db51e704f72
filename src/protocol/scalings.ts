/** Which scaling of its inputs a user's teacher expects: the question and the answer. */
import type { RunSpec } from '../spec/runSpec.ts';
import type { GivenFile } from './commands.ts';

/** What is taken off inputs and what they are then divided by; bytes are first brought to 0…1. */
export interface PixelScaling {
  readonly mean: number;
  readonly std: number;
}

/** Asks the teacher about some rows under each scaling. Needs no run. */
export interface ScalingsCommand {
  readonly type: 'scalings';
  readonly id: number;
  readonly spec: RunSpec;
  readonly files: readonly GivenFile[];
  readonly scalings: readonly PixelScaling[];
}

/** How often it was right under each, of so many rows. */
export interface ScalingTrial {
  readonly rows: number;
  readonly right: readonly number[];
}
