/**
 * Work that fills a GPU: large products, rows of large vocabularies and an optimiser over many parameters. A CPU in place of
 * a GPU would take minutes over it and learn nothing, so it is measured on hardware alone.
 */
import { adamw } from '../src/kernels/adamw.ts';
import { healthField, healthLength } from '../src/kernels/gradientScale.ts';
import type { Executor } from '../src/tensor/executor.ts';
import { LiveBlock } from '../src/tensor/live.ts';
import type { Contestant } from './contest.ts';
import type { Needs } from './floors.ts';
import { kernelContestant } from './own.ts';

export const largeProductShapes: readonly (readonly [m: number, k: number, n: number])[] = [
  [1024, 1024, 1024],
  [2048, 2048, 2048],
  [4096, 4096, 4096],
];

export const largeRowShapes: readonly (readonly [rows: number, classes: number])[] = [
  [1_048_576, 10],
  [16_384, 1024],
  [512, 32_768],
  [128, 151_936],
];

/** Parameters of the optimiser's step. */
export const optimiserLength = 2 ** 24;

export function optimiserNeeds(): Needs {
  return { flops: 0, bytes: 28 * optimiserLength, dispatches: 1 };
}

/** AdamW over one segment, at no decay and a small rate. */
export async function optimiserContestant(executor: Executor): Promise<Contestant> {
  const length = optimiserLength;
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
  const roles = new Float32Array((length / 64) * 2).fill(1);
  const inputs = [gradients, health, roles, null, null, null];
  return kernelContestant(executor, adamw, { length }, inputs, block.words);
}
