// What goes wrong below the page: no WebGPU, a device that is lost, a GPU process that dies twice, a teacher that never
// answers. Each ends in a run that goes on, or in a sentence and a page that does.
import type { Page } from '@playwright/test';
import { expect, launch, test } from './browser.ts';
import { gzip, imageSet, slowModel } from './models.ts';
import { accessible, open, saved, state, steps } from './page.ts';

test('without WebGPU the recording plays, the page says how to get it, and Planes trains on the processor', async ({
  baseURL,
}) => {
  const browser = await launch({ webgpu: false });
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${baseURL}#preset=two-moons-1`);
  await page.waitForFunction(() => 'stillroom' in window);
  const after = await steps(page, 30);
  expect(after).toMatchObject({ step: 30, adapter: expect.stringMatching(/reference|processor/i) });
  // A live run told what is missing.
  await expect(page.getByRole('region', { name: /trains on the processor/ })).toContainText(/WebGPU|Chrome/);
  await accessible(page);
  await page.getByLabel('Preset').selectOption('dark-knowledge-1');
  await expect(page.getByRole('region', { name: /recorded run plays/ })).toContainText(/WebGPU|Chrome/);
  await expect(page.locator('.title')).toContainText('never shown a 3');
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  await expect.poll(async () => (await state(page)).step).toBeLessThan(2000);
  await browser.close();
});

/** Keeps the engine's device where a test can destroy it. */
async function exposeDevice(page: Page): Promise<void> {
  const expose = `{
    const { requestDevice } = GPUAdapter.prototype;
    GPUAdapter.prototype.requestDevice = async function (...options) {
      globalThis.testedDevice = await requestDevice.apply(this, options);
      return globalThis.testedDevice;
    };
  }\n`;
  await page.route(/engine-[^/]*\.js$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: expose + (await response.text()) });
  });
}

test('a device destroyed in mid-run: the run goes on by itself and ends with the weights of an undisturbed one', async ({
  page,
}) => {
  const weights = async () => JSON.parse((await saved(page, 'run.json')).toString()).hashes.weights;
  await exposeDevice(page);
  await open(page, '#preset=two-moons-1');
  await steps(page, 120);
  const undisturbed = await weights();
  await page.getByRole('button', { name: 'Rewind' }).click();
  await expect.poll(async () => (await state(page)).step).toBe(0);
  await steps(page, 40);
  await page.evaluate(() => void window.stillroom.step(80));
  await expect.poll(async () => (await state(page)).step).toBeGreaterThan(50);
  const worker = page.workers().find((one) => one.url().includes('engine'));
  await worker?.evaluate(() =>
    (globalThis as { testedDevice?: { destroy(): void } }).testedDevice?.destroy(),
  );
  await expect(page.getByText(/graphics device was lost/)).toBeVisible();
  await accessible(page);
  const { step } = await state(page);
  if (step < 120) await steps(page, 120 - step);
  expect(await weights()).toEqual(undisturbed);
});

test('the GPU process dies twice: the run goes on, first on the GPU, then on the processor', async ({
  baseURL,
}) => {
  test.setTimeout(240_000);
  const browser = await launch();
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${baseURL}#preset=two-moons-1`);
  await page.waitForFunction(() => 'stillroom' in window);
  await steps(page, 30);
  const cdp = await browser.newBrowserCDPSession();
  for (let crash = 1; crash <= 2; crash++) {
    // The answer may die with the process.
    await cdp.send('Browser.crashGpuProcess').catch(() => undefined);
    await expect(page.getByText(/graphics device was lost/)).toHaveCount(1, { timeout: 60_000 });
    await expect.poll(async () => (await state(page)).state, { timeout: 60_000 }).toBe('paused');
    const { step } = await state(page);
    expect(step).toBeGreaterThan(0);
    expect((await steps(page, 10)).step).toBe(step + 10);
    if (crash === 1)
      await page.getByRole('region', { name: 'Notices' }).getByRole('button', { name: 'Close' }).click();
  }
  expect((await state(page)).adapter).toMatch(/reference|processor/i);
  await browser.close();
});

test('a teacher that never answers is ended at its deadline, and the page trains on', async ({ page }) => {
  test.setTimeout(200_000);
  const set = imageSet({ n: 100 });
  // Whoever serves the page may set the deadline, and here it is two seconds a run.
  await page.route(/\/still\/room\/(#.*)?$/, async (route) => {
    const response = await route.fetch();
    const html = (await response.text()).replace(/(stillroom-teacher-seconds" content=)"20"/, '$1"2"');
    await route.fulfill({ response, body: html });
  });
  await open(page, '#preset=two-moons-1');
  await page.locator('.what').getByRole('button', { name: 'Bring your own teacher and data' }).click();
  const files = [
    { name: 'slow.onnx', bytes: slowModel() },
    { name: 'images.gz', bytes: gzip(set.images) },
    { name: 'labels', bytes: set.labels },
  ];
  await page.getByLabel('Choose files').setInputFiles(
    files.map(({ name, bytes }) => ({
      name,
      mimeType: 'application/octet-stream',
      buffer: Buffer.from(bytes),
    })),
  );
  await page.getByRole('button', { name: 'Distil it' }).click();
  const notices = page.getByRole('region', { name: 'Notices' });
  await expect(notices).toContainText(/in time|deadline|seconds/i, { timeout: 60_000 });
  await expect(notices).toContainText(/\b2 s/);
  await accessible(page);
  await page.getByLabel('Preset').selectOption('two-moons-1');
  await expect(page.getByRole('region', { name: 'Did it help?' })).toContainText('over 5 seeds');
  expect((await steps(page, 10)).step).toBe(10);
});

test('parts of the page that do not come, as after a new version was published, say so in their place and come when asked again; the page goes on', async ({
  page,
}) => {
  await open(page);
  const gone = (pattern: RegExp) =>
    page.route(pattern, (route) => route.fulfill({ status: 200, contentType: 'text/html', body: '<p>' }));
  // A dialog, which has no place of its own, and a part in the middle of the page.
  await gone(/\/(HelpDialog|DrawPad)-[^/]*\.js$/);
  await page.keyboard.press('?');
  await expect(page.getByRole('alert')).toContainText('A part of the page did not load');
  await page.getByText('Draw', { exact: true }).click();
  const lost = page.locator('.stage').getByRole('alert');
  await expect(lost).toContainText('This part of the page did not load');
  await expect(page.locator('.title')).toContainText('never shown a 3');
  await accessible(page);
  // In sight below what stays on the screen, whatever its size.
  const notice = page.locator('.notices');
  for (const [width, height] of [
    [1280, 720],
    [768, 1024],
    [390, 844],
    [844, 390],
  ] as const) {
    await page.setViewportSize({ width, height });
    await page.evaluate(() => scrollTo(0, 700));
    await expect
      .poll(() =>
        notice.evaluate((element) => {
          const { left, top, bottom } = element.getBoundingClientRect();
          const ends = [top + 2, bottom - 2].map((y) => document.elementFromPoint(left + 30, y));
          return ends.every((one) => element.contains(one));
        }),
      )
      .toBe(true);
  }
  await page.setViewportSize({ width: 1280, height: 720 });
  await page.unrouteAll();
  await lost.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByText('Run it live first')).toBeVisible();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keys and help' })).toBeVisible();
});

test('a recorded run and its charts that do not load on a broken line are said to be missing, and loaded again by one press each', async ({
  page,
}) => {
  await page.route(/recordings\/|chartView-/, (route) => route.abort());
  await open(page);
  await expect(page.getByRole('alert')).toContainText('The recorded run did not load');
  await page.unroute(/recordings\/|chartView-/);
  await page.getByRole('button', { name: 'Load the recorded run again' }).click();
  await expect(page.getByText('It reads')).toBeVisible();
  await expect(page.getByText('The recorded run did not load')).toHaveCount(0);
  for (const again of await page.getByRole('button', { name: 'Try again' }).all()) await again.click();
  await expect(page.locator('.chart canvas').first()).toBeVisible();
  await expect(page.getByRole('button', { name: 'Try again' })).toHaveCount(0);
});

test('while the script of the page is on its way, or does not come, that is said', async ({ page }) => {
  await page.route(/assets\/index-[^/]*\.js$/, (route) => route.abort());
  await page.goto('./');
  await expect(page.getByText('Stillroom is on its way')).toBeVisible();
});

test('two tabs that keep the same run in the same moments keep it without an error, and it can be resumed', async ({
  page,
  context,
}) => {
  const other = await context.newPage();
  await Promise.all([page, other].map((one) => open(one, '#preset=two-moons-1')));
  for (let round = 0; round < 15; round++)
    await Promise.all([page, other].map((one, at) => steps(one, 2 + at)));
  for (const [at, one] of [page, other].entries()) {
    await expect(one.getByRole('alert')).toHaveCount(0);
    expect((await state(one)).step).toBe(15 * (2 + at));
  }
  await other.close();
  await page.reload();
  await page.getByRole('button', { name: 'Resume' }).click();
  await expect.poll(async () => (await state(page)).step).toBeGreaterThanOrEqual(30);
});

test('a page that cannot be drawn says so, and is there again when it is loaded anew', async ({ page }) => {
  await open(page);
  await page.evaluate(() => {
    Object.defineProperty(Intl.NumberFormat.prototype, 'format', {
      get() {
        throw new Error('an imagined fault');
      },
    });
  });
  await page.getByText('Tinker', { exact: true }).click();
  const crash = page.getByRole('alert');
  await expect(crash).toContainText('could not be drawn');
  await expect(crash).toContainText('an imagined fault');
  await accessible(page);
  await crash.getByRole('button', { name: 'Reload the page' }).click();
  await expect(page.locator('.title')).toHaveText('This student was never shown a 3.');
});
