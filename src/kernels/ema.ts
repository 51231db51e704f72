/**
 * The averaged copy of a student (an exponential moving average of its weights; Tarvainen and Valpola 2017,
 * https://arxiv.org/abs/1703.01780) moves on by one update, over one flat segment. It runs after the optimiser.
 */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';
import type { UpdateParams } from './adamw.ts';
import { healthField, healthLength } from './gradientScale.ts';

const lanes = 64;

/** The live window's `averageShare` is 1 − decay. */
export const ema: Kernel<UpdateParams> = {
  name: 'ema',
  sources: ['lib/live', 'lib/grid', 'optim/ema'],
  bindings: [
    { name: 'health', access: 'read', dtype: 'f32' },
    { name: 'parameters', access: 'read', dtype: 'f32' },
    { name: 'average', access: 'read_write', dtype: 'f32' },
  ],
  live: true,
  constants: () => ({ WORKGROUP: lanes }),
  shape: ({ length }) => [length / 4],
  workgroups: ({ length }) => grid(Math.ceil(length / 4 / lanes)),
  lengths: ({ length }) => [healthLength, length, length],
  reference({ length }, buffers, live) {
    const [health, parameters, average] = [window(buffers, 0), window(buffers, 1), window(buffers, 2)];
    if (at(health, healthField.scale) === 0) return;
    const share = live.get('averageShare');
    for (let i = 0; i < length; i++)
      average[i] = at(average, i) + share * (at(parameters, i) - at(average, i));
  },
};
