/** Runs whose checkpoints a browser keeps, as page and engine speak of them. */
import type { RunSpec } from '../spec/runSpec.ts';

export interface StoredRun {
  readonly key: string;
  /** As the run was started; null where another version of the app wrote it. */
  readonly spec: RunSpec | null;
  readonly step: number;
  /** Milliseconds since 1970; 0 where that was not written down. */
  readonly savedAt: number;
  readonly bytes: number;
}

export type StoredRunsCommand =
  | { readonly type: 'runs-stored'; readonly id: number }
  /** Deletes the checkpoints of a run; answered by those that are left. */
  | { readonly type: 'runs-delete'; readonly id: number; readonly key: string };
