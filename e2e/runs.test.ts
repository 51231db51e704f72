// Live runs in the real browser: every preset, the transport, live settings, and the same seed twice.
import { presets } from '../src/spec/presets.ts';
import type { RunSpec } from '../src/spec/runSpec.ts';
import { expect, launch, test } from './browser.ts';
import { accessible, barIsClear, open, saved, state, steps } from './page.ts';

/** How far each preset is trained. */
const first = 50;

/** The same training, judged when that is done. */
function soon(spec: RunSpec): RunSpec {
  return { ...spec, training: { ...spec.training, evaluateEvery: first } };
}

/** And on fewer held-out rows: the first preset of each task is judged on all. */
function judgedOnFew(spec: RunSpec): RunSpec {
  return soon({ ...spec, data: { ...spec.data, validation: 40, test: 100 } });
}

const tasks = new Set([...presets.values()].map(({ spec }) => spec.data.task));
for (const task of tasks) {
  test(`the first ${first} steps of each preset of ${task} train every arm in the tab`, async ({ page }) => {
    const of = [...presets].filter(([, { spec }]) => spec.data.task === task);
    // One after the other in one page: what the engine has compiled serves the next, as it does a visitor.
    test.setTimeout(90_000 * of.length);
    await open(page, `#preset=${of[0]?.[0]}`);
    for (const [i, [id, { spec }]] of of.entries()) {
      await page.evaluate(
        (wanted) => window.stillroom.load(wanted),
        i === 0 ? soon(spec) : judgedOnFew(spec),
      );
      const after = await steps(page, first);
      expect(after, id).toMatchObject({
        state: 'paused',
        step: first,
        adapter: expect.stringContaining('swiftshader'),
      });
      expect(after.arms.map(({ name }) => name)).toEqual(spec.arms.map(({ kind, name }) => name ?? kind));
      const classes = { planes: 2, glyphs: 10, stories: 50 }[task as 'planes' | 'glyphs' | 'stories'];
      for (const arm of after.arms)
        expect(arm.accuracy, id).toBeGreaterThan(classes === 2 ? 0.6 : 2.5 / classes);
    }
  });
}

test('Run it live plays, Pause stops, Step takes one step, Rewind goes back and keeps the old run; a live temperature acts, is recorded as an event, and a link with it gives the same run', async ({
  page,
}) => {
  await open(page, '#preset=two-moons-1');
  await page.getByRole('button', { name: 'Run it live' }).first().click();
  await expect.poll(async () => (await state(page)).step).toBeGreaterThan(20);
  // While it runs the bar says most: also where a projector has little room for it.
  for (const width of [1024, 390, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    await barIsClear(page);
  }
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect.poll(async () => (await state(page)).state).toBe('paused');
  const { step } = await state(page);
  await page.getByRole('button', { name: 'Step', exact: true }).click();
  await expect.poll(async () => (await state(page)).step).toBe(step + 1);
  await page.getByRole('button', { name: 'Rewind' }).click();
  await expect.poll(async () => (await state(page)).step).toBe(0);
  await expect(page.getByRole('table', { name: /runs/i })).toBeVisible();
  await accessible(page);

  await steps(page, 10);
  await page.evaluate(() => window.stillroom.set('objective.temperature', 2));
  await steps(page, 20);
  const first = JSON.parse((await saved(page, 'run.json')).toString());
  expect(first.spec.events).toEqual([{ step: 10, path: 'objective.temperature', value: 2 }]);
  const link = await page.evaluate(() => window.stillroom.link());
  await page.goto('about:blank');
  await page.goto(link);
  await page.waitForFunction(() => 'stillroom' in window);
  await steps(page, 30);
  const second = JSON.parse((await saved(page, 'run.json')).toString());
  expect(second.hashes).toEqual(first.hashes);
});

test('two browsers with empty profiles give the same seed the same weights', async ({ baseURL }) => {
  const hashes = [];
  for (let i = 0; i < 2; i++) {
    const browser = await launch();
    const page = await browser.newPage();
    await page.goto(`${baseURL}#preset=two-moons-1`);
    await page.waitForFunction(() => 'stillroom' in window);
    await steps(page, 40);
    const receipt = JSON.parse((await saved(page, 'run.json')).toString());
    hashes.push({ weights: receipt.hashes.weights, final: receipt.final });
    await browser.close();
  }
  expect(hashes[0]?.weights).toHaveLength(3);
  expect(hashes[0]).toEqual(hashes[1]);
});

test('reloaded in mid-run, the page offers to resume, and the run goes on where it was kept; another one that was left is kept apart, listed, resumed and deleted', async ({
  page,
}) => {
  await open(page, '#preset=two-moons-1');
  const spec = presets.get('two-moons-1')?.spec;
  if (spec === undefined) throw new Error('There is no preset of two moons.');
  await page.evaluate((wanted) => window.stillroom.load(wanted), { ...spec, seed: 7 });
  await steps(page, 3);
  // So long that it cannot end before it was kept.
  const training = { ...spec.training, steps: 50_000 };
  await page.evaluate((wanted) => window.stillroom.load(wanted), { ...spec, training });
  await page.getByRole('button', { name: 'Run it live' }).first().click();
  await expect.poll(() => page.evaluate(runsKept), { timeout: 90_000 }).toEqual([2, 2]);
  expect((await state(page)).state).toBe('playing');
  await page.reload();
  await page.waitForFunction(() => 'stillroom' in window);
  await page.getByRole('button', { name: /resume/i }).click();
  await expect.poll(async () => (await state(page)).state).toBe('paused');
  const { step } = await state(page);
  expect(step).toBeGreaterThan(3);
  expect((await steps(page, 2)).step).toBe(step + 2);

  await page.locator('.what').getByRole('button', { name: 'Bring your own teacher and data' }).click();
  const kept = page.locator('details', { has: page.getByText('Kept runs') });
  await kept.getByText('Kept runs').click();
  await expect(kept.getByRole('listitem')).toHaveCount(2);
  await accessible(page);
  const other = kept.getByRole('listitem').filter({ hasText: 'step 3 of' });
  await expect(other).toContainText(/\d+(\.\d+)? (kB|KB|KiB|MB|MiB)/);
  await other.getByRole('button', { name: /^Resume/ }).click();
  await expect.poll(async () => (await state(page)).step).toBe(3);
  expect((await steps(page, 1)).step).toBe(4);

  await page.locator('.what').getByRole('button', { name: 'Bring your own teacher and data' }).click();
  await kept.getByText('Kept runs').click();
  await kept
    .getByRole('listitem')
    .filter({ hasText: 'step 4 of' })
    .getByRole('button', { name: /^Delete/ })
    .click();
  await expect(kept.getByRole('listitem')).toHaveCount(1);
  await expect(kept.getByRole('listitem')).toContainText(`step ${(step + 2).toLocaleString('en')} of`);
});

/** Runs that the engine has checkpoints of, and runs that the page remembers. */
async function runsKept(): Promise<readonly number[]> {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle('stillroom').catch(() => null);
  const has = (name: string) =>
    folder?.getFileHandle(name).then(
      () => 1,
      () => 0,
    ) ?? 0;
  const first = await has('checkpoint.newest');
  const second = await has('checkpoint-1.newest');
  const left: readonly unknown[] = JSON.parse(localStorage.getItem('stillroom.runs') ?? '[]');
  return [first + second, left.length];
}

test('by keyboard alone a run is started, paused, rewound and taken back without the place on the page being lost', async ({
  page,
}) => {
  await open(page, '#preset=two-moons-1');
  const named = (name: string) => page.getByRole('button', { name, exact: true });
  await named('Run it live').focus();
  await page.keyboard.press('Enter');
  // The button is gone: Space pauses what it has begun.
  await expect(named('Pause')).toBeFocused();
  await expect.poll(async () => (await state(page)).step).toBeGreaterThan(0);
  await page.keyboard.press('Space');
  await expect(named('Play')).toBeFocused();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await expect(named('Rewind')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect.poll(async () => (await state(page)).step).toBe(0);
  await expect(named('Rewind')).toBeDisabled();
  await expect(named('Play')).toBeFocused();
  await named('Undo').focus();
  await page.keyboard.press('Enter');
  await expect.poll(async () => (await state(page)).step).toBeGreaterThan(0);
  await expect(page.locator('.transport button:focus')).toHaveCount(1);
});

test('a digit is drawn with one finger: every model answers, a second finger draws nothing, and a stroke that the browser takes away is over', async ({
  page,
}) => {
  await open(page);
  const preset = presets.get('dark-knowledge-1');
  if (preset === undefined) throw new Error('The first preset has another name.');
  await page.evaluate((spec) => window.stillroom.load(spec), judgedOnFew(preset.spec));
  await steps(page, 1);
  await page.getByText('Draw', { exact: true }).click();
  const pad = page.locator('.draw-pad');
  await pad.scrollIntoViewIfNeeded();
  const box = (await pad.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  const client = await page.context().newCDPSession(page);
  const at = (u: number, v: number) => ({ x: box.x + u * box.width, y: box.y + v * box.height });
  type Kind = 'touchStart' | 'touchMove' | 'touchEnd' | 'touchCancel';
  const touch = (type: Kind, ...fingers: readonly [number, number][]) =>
    client.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: fingers.map(([u, v], id) => ({ ...at(u, v), id })),
    });
  const ink = () =>
    pad.evaluate((canvas: HTMLCanvasElement) => {
      const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      return data.filter((value, place) => place % 4 === 0 && value > 128).length;
    });

  await touch('touchStart', [0.3, 0.2]);
  await touch('touchMove', [0.3, 0.8]);
  const one = await ink();
  expect(one).toBeGreaterThan(0);
  await touch('touchStart', [0.3, 0.8], [0.8, 0.2]);
  await touch('touchMove', [0.3, 0.8], [0.8, 0.8]);
  expect(await ink()).toBe(one);
  await expect(page.locator('.draw-answers li')).toHaveCount(4);
  await touch('touchCancel');
  const { x, y } = at(0.9, 0.2);
  await page.mouse.move(x, y);
  await page.mouse.move(x, y + box.height / 2);
  expect(await ink()).toBe(one);
});
