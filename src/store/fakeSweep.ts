/** What an imagined engine says of a sweep: the later values do better. For tests of the store; nothing that ships imports it. */
import type { Listener } from '../protocol/engine.ts';
import type { Evaluation, RunFacts } from '../protocol/events.ts';
import type { SweepCommand } from '../protocol/sweep.ts';
import type { RunSpec } from '../spec/runSpec.ts';

export function imaginedSweep(
  { path, runs }: SweepCommand,
  spec: RunSpec,
  facts: RunFacts | null,
  evaluation: (spec: RunSpec, arm: number, step: number, seed: number) => Evaluation,
  tell: Listener,
): void {
  const total = spec.training.steps;
  for (const [index, { value, seed }] of runs.entries()) {
    const at = { path, index, count: runs.length, value, seed, total };
    tell({ type: 'sweep', ...at, step: 0, end: null });
    const arms = spec.arms.map((_, arm) => evaluation(spec, arm, 400 + 40 * index, seed % 4));
    tell({ type: 'sweep', ...at, step: total, end: { arms, teacher: facts?.teacher ?? null, failed: null } });
  }
}
