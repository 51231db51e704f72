/**
 * AdamW over one flat segment (Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101), equal to
 * torch.optim.AdamW. Clipping and the finite check are gradientScale's; averaging of weights is not here.
 */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';
import { healthField, healthLength } from './gradientScale.ts';

export interface UpdateParams {
  /** Elements of the segment, a multiple of 64. */
  readonly length: number;
}

/** Elements that share one pair of roles: (multiplier of the weight decay, multiplier of the rate; 0 is frozen). */
export const roleBlock = 64;
const lanes = 64;

export const adamw: Kernel<UpdateParams> = {
  name: 'adamw',
  sources: ['lib/live', 'lib/grid', 'optim/adamw'],
  bindings: [
    { name: 'gradients', access: 'read', dtype: 'f32' },
    { name: 'health', access: 'read', dtype: 'f32' },
    { name: 'roles', access: 'read', dtype: 'f32' },
    { name: 'parameters', access: 'read_write', dtype: 'f32' },
    { name: 'first_moment', access: 'read_write', dtype: 'f32' },
    { name: 'second_moment', access: 'read_write', dtype: 'f32' },
  ],
  live: true,
  constants: () => ({ WORKGROUP: lanes }),
  shape: ({ length }) => [length / 4],
  workgroups: ({ length }) => grid(Math.ceil(length / 4 / lanes)),
  lengths: ({ length }) => [length, healthLength, (length / roleBlock) * 2, length, length, length],
  reference({ length }, buffers, live) {
    const [gradients, health, roles] = [window(buffers, 0), window(buffers, 1), window(buffers, 2)];
    const [parameters, first, second] = [window(buffers, 3), window(buffers, 4), window(buffers, 5)];
    const scale = at(health, healthField.scale);
    if (scale === 0) return;
    const [beta1, beta2] = [live.get('beta1'), live.get('beta2')];
    for (let i = 0; i < length; i++) {
      const block = Math.floor(i / roleBlock);
      const rate = live.get('learningRate') * at(roles, 2 * block + 1);
      if (rate === 0) continue;
      const decay = live.get('weightDecay') * at(roles, 2 * block);
      const g = scale * at(gradients, i);
      const m = beta1 * at(first, i) + (1 - beta1) * g;
      const v = beta2 * at(second, i) + (1 - beta2) * g * g;
      const step =
        (m * live.get('correction1')) / (Math.sqrt(v * live.get('correction2')) + live.get('epsilon'));
      first[i] = m;
      second[i] = v;
      parameters[i] = at(parameters, i) * (1 - rate * decay) - rate * step;
    }
  },
};
