/** A device that is lost in the middle of a command, and once more while the run comes back. */
import { expect, test } from 'vitest';
import type { Command } from '../protocol/commands.ts';
import { fakeHost, Listening, MortalExecutor, patientClock, smallSpec } from './fakeHost.ts';

/** A session whose second device, too, is lost: after so many operations. */
function mortal(second: number | null) {
  const executors: MortalExecutor[] = [];
  const host = fakeHost((before) => {
    const executor = new MortalExecutor(before === 1 && second !== null ? second : undefined);
    executors.push(executor);
    return executor;
  });
  return { page: new Listening(host, patientClock()), executors };
}

/** All is done, also what the news of a loss asks for, which comes a moment later. */
async function settled(page: Listening): Promise<void> {
  await page.session.idle();
  await new Promise((resolve) => setTimeout(resolve, 5));
  await page.session.idle();
}

test.each([
  ['an export', { type: 'export', id: 5, what: 'safetensors', arm: 0 }],
  ['a receipt', { type: 'export', id: 5, what: 'receipt', arm: 0 }],
  ['an answer', { type: 'classify', id: 5, input: new Float32Array(2) }],
  ['checks', { type: 'check', id: 5, losses: [{ id: 'forward_kl', parameters: {} }] }],
] as const satisfies readonly (readonly [string, Command])[])(
  'anywhere in %s it is given once, and the run stands where it was',
  async (_, command) => {
    for (const [first, second] of [
      [0, null],
      [1, 3],
      [2, null],
      [5, 9],
    ] as const) {
      const { page, executors } = mortal(second);
      await page.load(smallSpec());
      page.session.handle({ type: 'step', count: 33 });
      await page.session.idle();
      executors[0]?.lose(first);
      page.session.handle(command);
      await settled(page);
      expect(page.of('reply').map(({ id, reply }) => [id, reply.kind === 'failed'])).toEqual([[5, false]]);
      expect(page.of('error')).toEqual([]);
      expect(page.of('state').at(-1)).toMatchObject({ step: 33, state: 'paused' });
      await page.close();
    }
  },
);

test('anywhere in a rewind the run stands at step 0', async () => {
  for (const [first, second] of [
    [0, 5],
    [7, null],
    [12, 30],
    [20, null],
    [31, 5],
  ] as const) {
    const { page, executors } = mortal(second);
    await page.load(smallSpec());
    page.session.handle({ type: 'play' });
    await page.next((event) => event.type === 'state' && event.step > 20);
    executors[0]?.lose(first);
    page.session.handle({ type: 'rewind' });
    await settled(page);
    expect(page.of('error')).toEqual([]);
    expect(page.of('state').at(-1)).toMatchObject({ step: 0, state: 'paused' });
    await page.close();
  }
});

test('while a live teacher is switched on and off it is as it was wished last, and the run plays on', async () => {
  const training = { ...smallSpec().training, steps: 100_000 };
  for (const first of [0, 6, 15, 27, 42]) {
    for (const on of [true, false]) {
      const { page, executors } = mortal(60);
      await page.load(smallSpec({ training }));
      page.session.handle({ type: 'play' });
      await page.next((event) => event.type === 'state' && event.step > 3);
      executors[0]?.lose(first);
      for (const wish of [true, false, on]) page.session.handle({ type: 'live-teacher', on: wish });
      await settled(page);
      expect(page.of('error')).toEqual([]);
      expect(page.of('teacher').at(-1)?.teacher.delivery === 'live').toBe(on);
      expect(page.of('state').at(-1)?.state).toBe('playing');
      await page.close();
    }
  }
});
