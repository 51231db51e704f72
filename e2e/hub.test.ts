// A teacher from the hub, against a server of our own that plays it on two origins: its facts, one progress, a broken
// connection taken up, the second visit, the storage, a full disk, and refusals in words.
import type { Page } from '@playwright/test';
import { expect, test } from './browser.ts';
import { type Hub, startHub } from './hubServer.ts';
import { languageRepository } from './languageModels.ts';
import { accessible } from './page.ts';

const [name, closed] = ['tests/small-ONNX', 'tests/closed'];
let hub: Hub;

test.beforeAll(async () => {
  const files = languageRepository(['f32', 'f16'], { vocabulary: 8_192 });
  hub = await startHub({ [name]: files, [closed]: files }, { gated: [closed] });
});
test.afterAll(() => hub.close());
test.beforeEach(() => {
  Object.assign(hub.faults, { breakAfter: null, breaks: 0, pauseMs: 0, status: null, html: false });
  hub.requests.length = 0;
});

async function bring(page: Page): Promise<void> {
  await page.goto(hub.page);
  await page.locator('.what').getByRole('button', { name: 'Bring your own teacher and data' }).click();
}

async function lookUp(page: Page, address: string): Promise<void> {
  await page.getByLabel('Id or address').fill(address);
  await page.getByRole('button', { name: 'Look it up' }).click();
}

async function offered(page: Page, model = 'onnx/model.onnx'): Promise<void> {
  await bring(page);
  await lookUp(page, name);
  await page.getByRole('radio', { name: model }).check();
}

const download = (page: Page) => page.getByRole('button', { name: /^Download \d/ });
const arrived = (page: Page) => page.getByRole('dialog').getByText(/parameters, \d/);
const larges = () => hub.requests.filter((request) => request.includes('/blobs/'));

test('facts first, then one progress, then the model; the next visit asks the hub for no file', async ({
  page,
}) => {
  test.setTimeout(240_000);
  await offered(page);
  await expect(page.getByText('apache-2.0')).toBeVisible();
  await expect(page.getByText(/to download, about .* of memory/).first()).toBeVisible();
  expect(larges()).toEqual([]);
  await accessible(page);
  hub.faults.pauseMs = 150;
  await download(page).click();
  const bar = page.getByRole('progressbar', { name: 'The model on its way' });
  await expect
    .poll(() => bar.evaluate((one: HTMLProgressElement) => one.value / one.max))
    .toBeGreaterThan(0.2);
  await expect(arrived(page)).toBeVisible({ timeout: 90_000 });
  expect(larges().length).toBe(2);

  hub.requests.length = 0;
  await offered(page);
  await page.getByRole('button', { name: 'Use it' }).click();
  await expect(arrived(page)).toBeVisible({ timeout: 90_000 });
  expect(larges()).toEqual([]);
  await page.getByText('Stored models').click();
  await page.getByRole('button', { name: `Delete ${name} onnx/model.onnx` }).click();
  await expect(page.getByText('None. Models that you download are kept here')).toBeVisible();
  await offered(page);
  await expect(download(page)).toBeVisible();
});

test('a connection that breaks is taken up by ranges, and the model is whole', async ({ page }) => {
  test.setTimeout(240_000);
  await offered(page);
  Object.assign(hub.faults, { breakAfter: 150_000, breaks: 2, breakMs: 2_000 });
  await download(page).click();
  await expect(arrived(page)).toBeVisible({ timeout: 90_000 });
  expect(hub.faults.breaks).toBe(0);
  expect(larges().some((request) => / bytes=\d+-$/.test(request))).toBe(true);
});

test('where the disk is full the model stays in memory and serves', async ({ page }) => {
  test.setTimeout(240_000);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Storage.overrideQuotaForOrigin', { origin: hub.origin, quotaSize: 400_000 });
  await offered(page);
  await download(page).click();
  await expect(arrived(page)).toBeVisible({ timeout: 90_000 });
  // What did not fit was in memory, which the next visit does not have.
  hub.requests.length = 0;
  await offered(page);
  await download(page).click();
  await expect(arrived(page)).toBeVisible({ timeout: 90_000 });
  expect(larges().length).toBeGreaterThan(0);
});

test('what is refused, missing or a page instead of a file is said where it was asked, and the right id works', async ({
  page,
}) => {
  test.setTimeout(240_000);
  await bring(page);
  const alert = page.getByRole('alert');
  await lookUp(page, closed);
  await expect(alert).toContainText('does not give this model to everybody');
  await lookUp(page, 'tests/nobody');
  await expect(alert).toContainText('has no such model');
  await lookUp(page, 'https://example.org/a/b');
  await expect(alert).toContainText('from one hub alone');
  await lookUp(page, name);
  hub.faults.html = true;
  await download(page).click();
  await expect(alert).toContainText('A web page came instead of the file');
  hub.faults.html = false;
  await page.getByRole('button', { name: 'Start over' }).click();
  await lookUp(page, name);
  await download(page).click();
  await expect(arrived(page)).toBeVisible({ timeout: 90_000 });
});
