/** A trainer's state in one file, written whole and then renamed, so that an interruption leaves the older one. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';
import type { Trainer, TrainerState } from '../training/trainer.ts';

export async function keepTrainer(path: string, trainer: Trainer): Promise<void> {
  writeFileSync(`${path}.new`, serialize({ spec: trainer.spec, state: await trainer.save() }));
  renameSync(`${path}.new`, path);
}

/** Restores the trainer where the file is of the same specification; returns the step it stands at. */
export function resumeTrainer(path: string, trainer: Trainer): number {
  if (!existsSync(path)) return 0;
  const kept = deserialize(readFileSync(path)) as { spec: unknown; state: TrainerState };
  if (JSON.stringify(kept.spec) !== JSON.stringify(trainer.spec)) return 0;
  trainer.restore(kept.state);
  return trainer.step;
}
