/** Which scaling of its inputs a user's teacher expects: the question. */
import type { PixelScaling } from '../spec/ownData.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import type { GivenFile } from './commands.ts';

/** Asks the teacher about some rows under each scaling. Needs no run. */
export interface ScalingsCommand {
  readonly type: 'scalings';
  readonly id: number;
  readonly spec: RunSpec;
  readonly files: readonly GivenFile[];
  readonly scalings: readonly PixelScaling[];
}
