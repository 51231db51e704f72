/** What is kept of a run: a write that failed is no reason not to try again. */
import { expect, test } from 'vitest';
import type { Checkpoint } from './checkpoints/format.ts';
import { smallSpec } from './fakeHost.ts';
import { Keeper } from './keeper.ts';
import type { Trainer } from './trainer.ts';

test('a state that could not be written is written at the next occasion, and then no more', async () => {
  const saved: number[] = [];
  let room = false;
  const save = async ({ state }: Checkpoint) => {
    if (!room) throw new Error('disk full');
    saved.push(state.step);
  };
  const keeper = new Keeper({ of: () => ({ load: () => Promise.resolve(null), save }) }, smallSpec(), 'ab');
  const trainer = {
    save: () => Promise.resolve({ step: 7, events: [], arms: [] }),
    recentMetrics: () => Promise.resolve({ firstStep: 0, count: 0, arms: [] }),
  };
  await keeper.snapshot(trainer as unknown as Trainer);
  await expect(keeper.write()).rejects.toThrow('disk full');
  room = true;
  expect(await keeper.write()).toBe(7);
  expect(await keeper.write()).toBeNull();
  expect(saved).toEqual([7]);
});
