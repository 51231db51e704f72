// Ways of teaching in the real browser: the dial over the k largest answers, answers that leave as a file and come back,
// two teachers, and an averaged copy of the student.
import { expect, test } from './browser.ts';
import { accessible, open, state, steps } from './page.ts';

test('answers are cut, saved and loaded again, two teachers answer together, recorded and live, and a copy of the student teaches it', async ({
  page,
}) => {
  await open(page, '#preset=few-labels-1');
  await steps(page, 2);
  await page.getByText('Tinker', { exact: true }).click();
  const card = page.locator('.setting-card', { has: page.getByRole('heading', { name: 'Teacher' }) });
  await expect(card.getByText(/Divergence, the rest spread evenly/)).toBeVisible();
  await accessible(page);

  const coming = page.waitForEvent('download');
  await card.getByRole('button', { name: 'Save the teacher’s answers' }).click();
  const path = await (await coming).path();
  await card.getByLabel('Load saved answers').setInputFiles(path);
  await expect(card.getByRole('status')).toContainText(
    'the next run of this teacher over this data reads them',
  );
  await card.getByLabel('Load saved answers').setInputFiles({
    ...{ name: 'torn.answers', mimeType: 'application/octet-stream', buffer: Buffer.from('nothing') },
  });
  await expect(card.getByText(/no whole file of recorded answers/)).toBeVisible();

  await card.getByLabel(/Learn from the \d+ largest alone/).check();
  await page
    .getByRole('button', { name: /Apply 1 change/ })
    .first()
    .click();
  await expect.poll(async () => (await state(page)).step).toBeGreaterThan(2);

  await card.getByLabel('Two teachers answer together').check();
  const both = await steps(page, 2);
  expect(both.arms).toHaveLength(3);
  await page.getByRole('button', { name: 'Use the live teacher' }).click();
  await expect(card.getByText(/It answers each batch itself/)).toBeVisible({ timeout: 120_000 });
  const atOnce = await steps(page, 2);
  expect(atOnce.step).toBe(both.step + 2);

  await card.getByLabel('Two teachers answer together').uncheck();
  await card.getByLabel('Let an averaged copy of the student teach it').check();
  await page.getByRole('button', { name: /Apply/ }).first().click();
  await expect(card.getByText(/An averaged copy of each student teaches it/)).toBeVisible();
  const copied = await steps(page, 3);
  // It is still close to what it was a few steps ago.
  expect(copied.arms[2]?.divergence).toBeLessThan(0.2);
  await expect(page.getByRole('region', { name: 'Did it help?' })).toContainText('distilled, averaged copy');
});
