/**
 * Draws the next token of each sequence by Gumbel's trick, or takes the most likely one, writes it behind the others and
 * moves on. Nothing of it passes the CPU. The live window's temperature is that of sampling: its step names the phase.
 */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';
import { randomUnit } from '../tensor/random.ts';

export interface SampleTokenParams {
  readonly batch: number;
  readonly classes: number;
  /** Full length of a sequence. */
  readonly positions: number;
}

/** Bindings: logits [batch, classes], prompt u32 [batch], sequence u32 [batch, positions], position, place u32 [batch]. */
export const sampleToken: Kernel<SampleTokenParams> = {
  name: 'sample_token',
  sources: ['lib/live', 'lib/grid', 'lib/random', 'nn/sample_token'],
  bindings: [
    { name: 'logits', access: 'read', dtype: 'f32' },
    { name: 'prompt', access: 'read', dtype: 'u32' },
    { name: 'sequence', access: 'read_write', dtype: 'u32' },
    { name: 'position', access: 'read_write', dtype: 'u32' },
    { name: 'place', access: 'read_write', dtype: 'u32' },
  ],
  live: true,
  constants: () => ({}),
  shape: ({ batch, classes, positions }) => [batch, classes, positions],
  workgroups: ({ batch }) => grid(batch),
  lengths: ({ batch, classes, positions }) => [batch * classes, batch, batch * positions, batch, batch],
  reference({ batch, classes, positions }, buffers, live) {
    const [logits, prompt, sequence] = [window(buffers, 0), window(buffers, 1), window(buffers, 2)];
    const [position, place] = [window(buffers, 3), window(buffers, 4)];
    const [temperature, seed, step] = [live.get('temperature'), live.get('seed'), live.get('step')];
    for (let b = 0; b < batch; b++) {
      const own = at(place, b);
      let [best, token] = [-3e38, 0];
      for (let v = 0; v < classes; v++) {
        const logit = at(logits, b * classes + v);
        const u = 1 - randomUnit(seed, step, own, v);
        const noise = -Math.log(Math.max(-Math.log(u), 2 ** -26));
        const score = temperature <= 0 ? logit : logit / temperature + noise;
        if (score > best) [best, token] = [score, v];
      }
      const next = at(position, b) + 1;
      if (next >= positions) continue;
      if (next >= at(prompt, b)) sequence[own + 1] = token;
      position[b] = next;
      place[b] = own + 1;
    }
  },
};
