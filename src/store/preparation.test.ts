/** A run that is being prepared: it can be given up, and does not keep another waiting for long. */
import { describe, expect, test, vi } from 'vitest';
import { errorOf, type FakePage, fakePage, settled } from './fakePage.ts';

async function prepared(): Promise<FakePage> {
  const page = fakePage();
  await page.controller.prepareLive();
  return page;
}

describe('a preparation', () => {
  test('that is cancelled ends its engine, shows what was shown before, and keeps the settings for the next', async () => {
    const page = await prepared();
    const before = page.run.id;
    page.controller.edit('training.batch', 16);
    page.engine.hold();
    const running = page.controller.runLive();
    await settled();
    expect(page.store.getState()).toMatchObject({ activity: 'preparing', runs: [{}, {}] });
    page.controller.cancel();
    await running;
    expect(page.engine.closed).toBe(true);
    expect(page.store.getState()).toMatchObject({ activity: 'idle', currentId: before, runs: [{}] });
    expect(errorOf(page.store)).toBeNull();
    page.controller.cancel();
    await page.controller.runLive();
    await settled();
    expect(page.engines).toHaveLength(2);
    expect(page.run).toMatchObject({ state: 'playing', spec: { training: { batch: 16 } } });
  });

  test('that takes long is given up for another run, and one that has just begun is not', async () => {
    const now = vi.spyOn(performance, 'now');
    const page = await prepared();
    for (const [waited, engines] of [[1_000, 1] as const, [3_000, 2] as const]) {
      now.mockReturnValue(10_000);
      page.engine.hold();
      const first = page.controller.runLive();
      await settled();
      now.mockReturnValue(10_000 + waited);
      const second = page.controller.runLive();
      page.engine.release();
      await Promise.all([first, second]);
      await settled();
      expect(page.engines).toHaveLength(engines);
      expect(page.run.state).toBe('playing');
    }
    now.mockRestore();
  });
});
