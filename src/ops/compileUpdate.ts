/**
 * The update Program: finite check and norm of the gradients, the scale that follows, the optimiser over each flat
 * segment, and one row of metrics. In the order backward → finite check → clip → update.
 */
import { adamw } from '../kernels/adamw.ts';
import { ema } from '../kernels/ema.ts';
import { gradientNormFor } from '../kernels/gradientNormWide.ts';
import { gradientScale, healthLength } from '../kernels/gradientScale.ts';
import { ringRows, ringWidth } from '../kernels/metricsRow.ts';
import { metricsRowFor } from '../kernels/metricsRowWide.ts';
import { sgd } from '../kernels/sgd.ts';
import { type ParameterTable, slotName } from '../tensor/parameters.ts';
import {
  aligned,
  call,
  type KernelCall,
  type Program,
  type Slot,
  type Window,
  whole,
} from '../tensor/program.ts';
import { statsWidth } from './compile.ts';

export interface UpdateOptions {
  readonly kind: 'adamw' | 'sgd';
  /** Keep an average of the parameters. */
  readonly averaged: boolean;
  /** A CPU in place of a GPU. */
  readonly software: boolean;
}

/**
 * Slots: `gradients.*`, `parameters.*`, `first.*`, `second.*` (AdamW), `average.*` where one is kept, `roles.*`, `health`,
 * `partials`.
 */
export function compileUpdate(table: ParameterTable, { kind, averaged, software }: UpdateOptions): Program {
  const calls: KernelCall[] = [];
  const slots: Slot[] = [];
  const slot = (name: string, length: number): Window => {
    slots.push({ name, dtype: 'f32', length });
    return { slot: name, offset: 0, length };
  };
  const segments = table.segments.map((length) => aligned(Math.max(1, length)));
  const norms = segments.map((length) => gradientNormFor(software, length));
  const groups = norms.map((norm) => norm.groups);
  const starts = groups.map((_, i) => groups.slice(0, i).reduce((sum, n) => sum + aligned(2 * n), 0));
  const partials = slot(
    'partials',
    groups.reduce((sum, n) => sum + aligned(2 * n), 0),
  );
  const health = slot('health', healthLength);
  const gradients = segments.map((length, i) => slot(slotName('gradients', i), length));
  segments.forEach((length, i) => {
    const [norm, gradient] = [norms[i], gradients[i]];
    if (norm === undefined || gradient === undefined) return;
    const window = { ...partials, offset: starts[i] ?? 0, length: 2 * norm.groups };
    calls.push(call(norm.kernel, { length, groups: norm.groups }, [gradient, window]));
  });
  calls.push(call(gradientScale, { groups: partials.length / 2 }, [partials, health]));
  segments.forEach((length, i) => {
    const gradient = gradients[i];
    if (gradient === undefined) return;
    const parameters = slot(slotName('parameters', i), length);
    const common = [
      gradient,
      health,
      slot(`roles.${i}`, (2 * length) / 64),
      parameters,
      slot(slotName('first', i), length),
    ];
    if (kind === 'sgd') calls.push(call(sgd, { length }, common));
    else calls.push(call(adamw, { length }, [...common, slot(slotName('second', i), length)]));
    if (averaged)
      calls.push(call(ema, { length }, [health, parameters, slot(slotName('average', i), length)]));
  });
  return { name: 'update', slots, calls };
}

/** Slots: `stats`, `health`, `ring`. Adds one batch's statistics to the step's row of the ring. */
export function compileMetrics(rows: number, software: boolean): Program {
  const slots: Slot[] = [
    { name: 'stats', dtype: 'f32', length: rows * statsWidth },
    { name: 'health', dtype: 'f32', length: healthLength },
    { name: 'ring', dtype: 'f32', length: ringRows * ringWidth },
  ];
  return { name: 'metrics', slots, calls: [call(metricsRowFor(software), { rows }, slots.map(whole))] };
}
