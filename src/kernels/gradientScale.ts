/**
 * Finite check and clipping by the global norm: turns all partials of a step into the factor of its update, and keeps
 * the counts that the host reads. The host alone lifts a halt, by writing zeros over `health`.
 */
import { at, type Kernel, window } from '../tensor/kernel.ts';

export interface GradientScaleParams {
  /** Partials of all segments together (`gradientNormGroups` of each, added). */
  readonly groups: number;
}

/** Where a number lies in `health` (16 floats, an arm's own). */
export const healthField = {
  norm: 0,
  /** Factor of the gradient: 1, less where clipped, 0 where the update is skipped. */
  scale: 1,
  nonFiniteInARow: 2,
  skipped: 3,
  clipped: 4,
  /** 1 after three non-finite gradients in a row: no update until the host has written 0 here and at `nonFiniteInARow`. */
  halted: 5,
  nonFiniteNow: 6,
} as const;

export const healthLength = 16;
/** Non-finite gradients in a row that halt an arm. */
export const mostInARow = 3;

export const gradientScale: Kernel<GradientScaleParams> = {
  name: 'gradient_scale',
  sources: ['lib/live', 'optim/gradient_scale'],
  bindings: [
    { name: 'partial', access: 'read', dtype: 'f32' },
    { name: 'health', access: 'read_write', dtype: 'f32' },
  ],
  live: true,
  constants: () => ({}),
  shape: ({ groups }) => [groups],
  workgroups: () => [1, 1, 1],
  lengths: ({ groups }) => [2 * groups, healthLength],
  reference({ groups }, buffers, live) {
    const [partial, health] = [window(buffers, 0), window(buffers, 1)];
    let [squares, bad] = [0, 0];
    for (let i = 0; i < groups; i++) {
      squares += at(partial, 2 * i);
      bad += at(partial, 2 * i + 1);
    }
    // The shader's sum is a float32: what overflows there is not finite here either.
    const broken = bad > 0 || !Number.isFinite(Math.fround(squares));
    const norm = broken ? 0 : Math.sqrt(squares);
    let halted = at(health, healthField.halted) > 0;
    if (broken && !halted) {
      const inARow = at(health, healthField.nonFiniteInARow) + 1;
      halted = inARow >= mostInARow;
      health[healthField.nonFiniteInARow] = inARow;
      health[healthField.halted] = halted ? 1 : 0;
    } else if (!halted) {
      health[healthField.nonFiniteInARow] = 0;
    }
    const skip = broken || halted;
    const clipNorm = live.get('clipNorm');
    const clipped = !skip && clipNorm > 0 && norm > clipNorm;
    health[healthField.norm] = norm;
    health[healthField.scale] = skip ? 0 : clipped ? clipNorm / norm : 1;
    health[healthField.skipped] = at(health, healthField.skipped) + (skip ? 1 : 0);
    health[healthField.clipped] = at(health, healthField.clipped) + (clipped ? 1 : 0);
    health[healthField.nonFiniteNow] = broken ? 1 : 0;
  },
};
