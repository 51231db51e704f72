// Live runs in the real browser: every preset, the transport, live settings, and the same seed twice.
import { presets } from '../src/spec/presets.ts';
import { expect, launch, test } from './browser.ts';
import { accessible, open, saved, state, steps } from './page.ts';

for (const [id, { spec }] of presets) {
  test(`${id}: the first 50 steps train every arm in the tab`, async ({ page }) => {
    await open(page, `#preset=${id}`);
    const after = await steps(page, 50);
    expect(after).toMatchObject({
      state: 'paused',
      step: 50,
      adapter: expect.stringContaining('swiftshader'),
    });
    expect(after.arms.map(({ name }) => name)).toEqual(spec.arms.map(({ kind, name }) => name ?? kind));
    const classes = { planes: 2, glyphs: 10, stories: 50 }[spec.data.task as 'planes' | 'glyphs' | 'stories'];
    for (const arm of after.arms) expect(arm.accuracy).toBeGreaterThan(classes === 2 ? 0.6 : 2.5 / classes);
  });
}

test('Run it live plays, Pause stops, Step takes one step, Rewind goes back and keeps the old run', async ({
  page,
}) => {
  await open(page, '#preset=two-moons-1');
  await page.getByRole('button', { name: 'Run it live' }).first().click();
  await expect.poll(async () => (await state(page)).step).toBeGreaterThan(20);
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect.poll(async () => (await state(page)).state).toBe('paused');
  const { step } = await state(page);
  await page.getByRole('button', { name: 'Step', exact: true }).click();
  await expect.poll(async () => (await state(page)).step).toBe(step + 1);
  await page.getByRole('button', { name: 'Rewind' }).click();
  await expect.poll(async () => (await state(page)).step).toBe(0);
  await expect(page.getByRole('table', { name: /runs/i })).toBeVisible();
  await accessible(page);
});

test('two browsers with empty profiles give the same seed the same weights', async ({ baseURL }) => {
  const hashes = [];
  for (let i = 0; i < 2; i++) {
    const browser = await launch();
    const page = await browser.newPage();
    await page.goto(`${baseURL}#preset=two-moons-1`);
    await page.waitForFunction(() => 'stillroom' in window);
    await steps(page, 100);
    const receipt = JSON.parse((await saved(page, 'run.json')).toString());
    hashes.push({ weights: receipt.hashes.weights, final: receipt.final });
    await browser.close();
  }
  expect(hashes[0]?.weights).toHaveLength(3);
  expect(hashes[0]).toEqual(hashes[1]);
});

test('a live temperature acts, is recorded as an event, and a link with it gives the same run', async ({
  page,
}) => {
  await open(page, '#preset=two-moons-1');
  await steps(page, 20);
  await page.evaluate(() => window.stillroom.set('objective.temperature', 2));
  await page.waitForTimeout(500);
  await steps(page, 30);
  const first = JSON.parse((await saved(page, 'run.json')).toString());
  expect(first.spec.events).toEqual([{ step: 20, path: 'objective.temperature', value: 2 }]);
  const link = await page.evaluate(() => window.stillroom.link());
  await page.goto('about:blank');
  await page.goto(link);
  await page.waitForFunction(() => 'stillroom' in window);
  await steps(page, 50);
  const second = JSON.parse((await saved(page, 'run.json')).toString());
  expect(second.hashes).toEqual(first.hashes);
});

test('reloaded in mid-run, the page offers to resume, and the run goes on where it was kept', async ({
  page,
}) => {
  await open(page, '#preset=few-labels-1');
  await page.getByRole('button', { name: 'Run it live' }).click();
  // A checkpoint is kept every few seconds; the recording shown until then is not playing.
  const progress = async () => {
    const now = await state(page);
    return now.state === 'playing' ? now.step : 0;
  };
  await expect.poll(progress, { timeout: 90_000 }).toBeGreaterThan(300);
  await page.reload();
  await page.waitForFunction(() => 'stillroom' in window);
  await page.getByRole('button', { name: /resume/i }).click();
  await expect.poll(async () => (await state(page)).state).toBe('paused');
  const { step } = await state(page);
  expect(step).toBeGreaterThan(0);
  const after = await steps(page, 2);
  expect(after.step).toBe(step + 2);
});
