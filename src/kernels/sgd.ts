/**
 * Gradient descent with momentum over one flat segment. Momentum is torch.optim.SGD's (no dampening, not Nesterov);
 * weight decay is not: it is decoupled from the gradient, as in AdamW, so that one setting means one thing.
 */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';
import { roleBlock, type UpdateParams } from './adamw.ts';
import { healthField, healthLength } from './gradientScale.ts';

const lanes = 64;

export const sgd: Kernel<UpdateParams> = {
  name: 'sgd',
  sources: ['lib/live', 'lib/grid', 'optim/sgd'],
  bindings: [
    { name: 'gradients', access: 'read', dtype: 'f32' },
    { name: 'health', access: 'read', dtype: 'f32' },
    { name: 'roles', access: 'read', dtype: 'f32' },
    { name: 'parameters', access: 'read_write', dtype: 'f32' },
    { name: 'momentum', access: 'read_write', dtype: 'f32' },
  ],
  live: true,
  constants: () => ({ WORKGROUP: lanes }),
  shape: ({ length }) => [length / 4],
  workgroups: ({ length }) => grid(Math.ceil(length / 4 / lanes)),
  lengths: ({ length }) => [length, healthLength, (length / roleBlock) * 2, length, length],
  reference({ length }, buffers, live) {
    const [gradients, health, roles] = [window(buffers, 0), window(buffers, 1), window(buffers, 2)];
    const [parameters, momentum] = [window(buffers, 3), window(buffers, 4)];
    const scale = at(health, healthField.scale);
    if (scale === 0) return;
    for (let i = 0; i < length; i++) {
      const block = Math.floor(i / roleBlock);
      const rate = live.get('learningRate') * at(roles, 2 * block + 1);
      if (rate === 0) continue;
      const decay = live.get('weightDecay') * at(roles, 2 * block);
      const moved = live.get('momentum') * at(momentum, i) + scale * at(gradients, i);
      momentum[i] = moved;
      parameters[i] = at(parameters, i) * (1 - rate * decay) - rate * moved;
    }
  },
};
