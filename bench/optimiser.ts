/** AdamW over many parameters, in turn with copies of as many bytes: which share of what the adapter moves it reaches. */
import { adamw, roleBlock } from '../src/kernels/adamw.ts';
import { healthField, healthLength } from '../src/kernels/gradientScale.ts';
import type { Executor } from '../src/tensor/executor.ts';
import { LiveBlock } from '../src/tensor/live.ts';
import { type Contestant, pairedRatio, type Timing } from './contest.ts';
import { copyContestants, type Needs } from './floors.ts';
import { kernelContestant } from './own.ts';

/** Gradients, parameters and two moments are read, all but the first written. */
const bytesOfParameter = 28;

/** More than the caches hold of either kind of adapter, and no more than a CPU moves in some milliseconds. */
export function optimiserLength({ adapter }: Executor): number {
  return adapter.software ? 2 ** 21 : 2 ** 24;
}

export function optimiserNeeds(length: number): Needs {
  return { flops: 0, bytes: bytesOfParameter * length, dispatches: 1 };
}

/** AdamW over one segment at a small rate, and the copies. */
export async function optimiserContestants(
  executor: Executor,
  length: number,
): Promise<readonly Contestant[]> {
  const health = new Float32Array(healthLength);
  health[healthField.scale] = 1;
  const block = new LiveBlock(1);
  block.set(0, 'learningRate', 1e-6);
  block.set(0, 'beta1', 0.9);
  block.set(0, 'beta2', 0.999);
  block.set(0, 'epsilon', 1e-8);
  block.set(0, 'correction1', 1);
  block.set(0, 'correction2', 1);
  const gradients = Float32Array.from({ length }, (_, i) => (i % 7) - 3);
  const roles = new Float32Array((length / roleBlock) * 2).fill(1);
  const inputs = [gradients, health, roles, null, null, null];
  return [
    await kernelContestant(executor, adamw, { length }, inputs, block.words),
    ...(await copyContestants(executor, bytesOfParameter * length)),
  ];
}

/** Beside the faster of the copies. */
export function copyShareText([own, ...copies]: readonly Timing[]): string {
  const time = Math.min(...copies.map((copy) => pairedRatio(own, copy)));
  const cpu = Math.min(...copies.map((copy) => copy.cpu)) / (own?.cpu ?? Number.NaN);
  return `of what the adapter copies: ${percent(time)}; in CPU time ${percent(cpu)}`;
}

function percent(ratio: number): string {
  return `${Math.round(100 * ratio)} %`;
}
