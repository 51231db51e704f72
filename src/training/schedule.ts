/** Learning rates over a run. Pure in (settings, step), so that a resumed run goes on exactly. */
import type { OptimiserSpec } from '../spec/runSpec.ts';

/**
 * The rate of update `step` (from 0) of `steps`: a linear rise over `warmup` updates, then constant or half a cosine
 * to 0 (Loshchilov and Hutter 2017).
 */
export function learningRateAt(optimiser: OptimiserSpec, base: number, step: number, steps: number): number {
  const { schedule, warmup } = optimiser;
  if (step < warmup) return (base * (step + 1)) / (warmup + 1);
  if (schedule === 'constant') return base;
  const span = Math.max(1, steps - warmup);
  const progress = Math.min(1, (step - warmup) / span);
  return base * 0.5 * (1 + Math.cos(Math.PI * progress));
}
