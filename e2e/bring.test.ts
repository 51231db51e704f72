// A teacher and data of one's own, from dropped files to a judged student; and every wrong file, which gets a reason.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from './browser.ts';
import {
  brokenModel,
  externalTeacher,
  gzip,
  hiddenTensor,
  imageSet,
  nanModel,
  nanWeightModel,
  shortIdx,
  teacherModel,
  textModel,
  wrongIdx,
  wrongShapeModel,
} from './models.ts';
import { accessible, open, saved, state, steps } from './page.ts';

interface File {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const set = imageSet({ n: 600 });
const data: readonly File[] = [
  { name: 'images-idx3-ubyte.gz', bytes: gzip(set.images) },
  { name: 'labels-idx1-ubyte', bytes: set.labels },
];
const model = (bytes: Uint8Array): File => ({ name: 'mine.onnx', bytes });

async function bring(page: Page, files: readonly File[]): Promise<void> {
  await page.locator('.what').getByRole('button', { name: 'Bring your own teacher and data' }).click();
  await drop(page, files);
}

async function drop(page: Page, files: readonly File[]): Promise<void> {
  const payload = files.map(({ name, bytes }) => ({
    name,
    mimeType: 'application/octet-stream',
    buffer: Buffer.from(bytes),
  }));
  await page.getByLabel('Choose files').setInputFiles(payload);
}

/** The files let go over the middle of the page, as from a folder of the system. */
async function dropOnPage(page: Page, files: readonly File[]): Promise<void> {
  const given = files.map(({ name, bytes }) => ({ name, text: Buffer.from(bytes).toString('base64') }));
  const transfer = await page.evaluateHandle((list) => {
    const made = new DataTransfer();
    for (const { name, text } of list) {
      made.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name));
    }
    return made;
  }, given);
  await page.dispatchEvent('#see', 'dragover', { dataTransfer: transfer });
  await page.dispatchEvent('#see', 'drop', { dataTransfer: transfer });
}

const distil = (page: Page) => page.getByRole('button', { name: 'Distil it' });

test('an ONNX teacher with external data and gzipped IDX files teach a small student, both are measured, and a hidden state is chosen from its tensors and distilled', async ({
  page,
}) => {
  // Two runs are prepared, the second with a teacher that is asked for an inner tensor.
  test.slow();
  await open(page);
  const { model: graph, data: weights } = externalTeacher('mine.onnx.data');
  // Some are dropped on the page, some are chosen in the dialog that this opens; they wait there together.
  await dropOnPage(page, [model(graph), { name: 'mine.onnx.data', bytes: weights }]);
  await expect(page.getByRole('dialog')).toContainText('mine.onnx.data');
  await drop(page, data);
  await expect(page.getByText('600 of 1 × 28 × 28')).toBeVisible();
  // The teacher is asked which scaling it expects, and that one is chosen.
  const scaling = page.getByRole('radio', { name: /^From 0 to 1 .*right about 1[678]\d of 180$/ });
  await expect(scaling).toBeChecked();
  await accessible(page);
  await distil(page).click();
  await expect.poll(async () => (await state(page)).step, { timeout: 180_000 }).toBeGreaterThan(100);
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect.poll(async () => (await state(page)).state).toBe('paused');
  const { arms } = await state(page);
  const distilled = arms.find(({ name }) => name === 'distilled');
  expect(distilled?.accuracy).toBeGreaterThan(0.8);
  expect(distilled?.agreement).toBeGreaterThan(0.8);
  const sizes = page.getByRole('region', { name: 'Teacher and student' });
  await expect(sizes.getByRole('row', { name: /One sample/ })).toContainText(/ms.*ms/);
  await expect(sizes.getByRole('row', { name: /Agrees with the teacher/ })).toContainText('%');
  const receipt = JSON.parse((await saved(page, 'run.json')).toString());
  expect(receipt.spec.data).toMatchObject({ task: 'file', transfer: 360, test: 180 });

  await page.getByText('Lab', { exact: true }).click();
  await page.getByLabel('Match hidden states too').click();
  const tensor = page.getByRole('button', { name: new RegExp(`^${hiddenTensor}.*learned by`) });
  await expect(tensor).toBeVisible();
  if ((await tensor.getAttribute('aria-pressed')) !== 'true') await tensor.click();
  await expect(tensor).toHaveAttribute('aria-pressed', 'true');
  await accessible(page);
  await page
    .getByRole('button', { name: /^Apply 1 change/ })
    .first()
    .click();
  const step = async () => (await state(page)).step;
  // The new run takes the place of the first.
  await expect.poll(step, { timeout: 90_000 }).toBeLessThan(100);
  await expect.poll(step, { timeout: 90_000 }).toBeGreaterThan(20);
  await page.getByRole('button', { name: 'Pause' }).click();
  const rows = (await saved(page, 'metrics.csv')).toString().split('\n');
  const columns = rows[0]?.split(',') ?? [];
  const column = columns.findIndex((name) => /hidden/i.test(name));
  expect(column).toBeGreaterThanOrEqual(0);
  const values = rows
    .slice(1)
    .filter((row) => row.includes('distilled'))
    .map((row) => Number(row.split(',')[column]));
  expect(Math.max(...values)).toBeGreaterThan(0);
});

const refusals: readonly (readonly [string, readonly File[], RegExp])[] = [
  [
    'a damaged model',
    [model(brokenModel()), ...data],
    /mine\.onnx: this file is not an ONNX model, or it is damaged/,
  ],
  ['a web page named .onnx', [model(textModel()), ...data], /not an ONNX|no ONNX|cannot be read/i],
  ['a weight that is NaN', [model(nanWeightModel()), ...data], /not a number.*weight 5|NaN/i],
  [
    'images that end too soon',
    [model(teacherModel()), { name: 'images', bytes: shortIdx() }],
    /short|end|byte/i,
  ],
  [
    'a teacher of another input shape',
    [model(wrongShapeModel()), ...data],
    /samples of another shape.*\[1, 28, 28\].*\[samples, 3, 32, 32\]/s,
  ],
  [
    'a teacher of fewer classes than the labels',
    [model(teacherModel({ classes: 7 })), ...data],
    /other classes.*labels of 10 classes.*7 classes/s,
  ],
  ['no IDX at all', [model(teacherModel()), { name: 'images', bytes: wrongIdx() }], /IDX/],
];

test('of files that are no use the dialog says why, each in turn, and takes the right ones afterwards', async ({
  page,
}) => {
  await open(page);
  for (const [i, [what, files, reason]] of refusals.entries()) {
    if (i === 0) await bring(page, files);
    else await drop(page, files);
    const refusal = page.getByRole('alert').or(page.locator('dialog .hint', { hasText: 'Still needed' }));
    await expect(refusal.first(), what).toContainText(reason);
    await expect(page.getByRole('button', { name: 'Distil it', disabled: false }), what).toHaveCount(0);
    if (i === 0) await accessible(page);
    const again = page.getByRole('button', { name: 'Start over' });
    if (await again.isVisible()) await again.click();
  }
  await drop(page, [model(teacherModel()), ...data]);
  await expect(distil(page)).toBeEnabled();
});

test('logits that are NaN: the run says why, and the page trains something else afterwards', async ({
  page,
}) => {
  await open(page, '#preset=two-moons-1');
  await bring(page, [model(nanModel()), ...data]);
  await distil(page).click();
  const notices = page.getByRole('region', { name: 'Notices' });
  await expect(notices).toContainText(/NaN|not finite/i, { timeout: 60_000 });
  await accessible(page);
  // The files are mended where they were given, and at the level that was chosen.
  await notices.getByRole('button', { name: /^Show .+ file$/ }).click();
  await expect(distil(page)).toBeEnabled();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('radio', { name: 'Learn' })).toBeChecked();
  await notices.getByRole('button', { name: 'Close' }).first().click();
  await expect(notices).toHaveCount(0);
  await page.getByLabel('Preset').selectOption('two-moons-1');
  await expect(page.getByRole('region', { name: 'Did it help?' })).toContainText('over 5 seeds');
  expect((await steps(page, 10)).step).toBe(10);
});

const real = process.env['STILLROOM_DATA'] ?? '';
const names = ['mnist.onnx', 'mnist.onnx.data', 't10k-images-idx3-ubyte.gz', 't10k-labels-idx1-ubyte.gz'];
if (names.every((name) => real !== '' && existsSync(join(real, name)))) {
  test('the real MNIST network and test set: a small student learns from it', async ({ page }) => {
    test.setTimeout(300_000);
    await open(page);
    await bring(
      page,
      names.map((name) => ({ name, bytes: readFileSync(join(real, name)) })),
    );
    // As it was trained; under the others it is right less often, or guesses.
    await expect(page.getByRole('radio', { name: /^MNIST.*right about (19\d|200) of 200$/ })).toBeChecked();
    await distil(page).click();
    await expect.poll(async () => (await state(page)).step, { timeout: 240_000 }).toBeGreaterThan(220);
    const { arms } = await state(page);
    expect(arms.find(({ name }) => name === 'distilled')?.accuracy).toBeGreaterThan(0.85);
  });
}
