// A sweep in the real browser: from the values to the picture, the table, the file and the control that takes a value over.
import { expect, test } from './browser.ts';
import { accessible, open, state } from './page.ts';

test('a sweep of the temperature draws every arm against it, says how sure the best value is, and gives one over to the controls', async ({
  page,
}) => {
  await open(page, '#preset=two-moons-1');
  await page.getByText('Tinker', { exact: true }).click();
  // A seed is typed from an empty box on; of two classes none can be left out.
  const seed = page.getByRole('spinbutton', { name: 'Seed' });
  await seed.fill('');
  await expect(seed).toHaveValue('');
  await seed.blur();
  await expect(seed).toHaveValue('1');
  await expect(page.getByRole('group', { name: 'Left out' })).toHaveCount(0);
  const steps = page.getByRole('spinbutton', { name: 'Steps, as a number' });
  await steps.fill('100');
  await steps.press('Enter');
  await page.getByRole('button', { name: 'Sweep a setting' }).click();
  const card = page.getByRole('region', { name: 'Sweep a setting' });
  // The columns that stick to the window stay above it.
  const edges = await page.evaluate(() =>
    ['.what', '.why', '.sweep'].map((part) => document.querySelector(part)?.getBoundingClientRect().toJSON()),
  );
  for (const column of edges.slice(0, 2)) expect(column.bottom).toBeLessThanOrEqual(edges[2].top);
  const values = card.getByLabel('Values');
  await expect(values).toHaveValue('1, 2, 4, 8, 16');
  // What is wrong is said at the field, and nothing starts.
  await values.fill('2, 0');
  await expect(values).toHaveAttribute('aria-invalid', 'true');
  await expect(card.getByText('Leave that value out.')).toBeVisible();
  await expect(card.getByRole('button', { name: 'Start' })).toBeDisabled();

  // A long one can be stopped, and what it found stays.
  const setting = card.getByRole('combobox', { name: 'Setting' });
  await setting.selectOption('training.steps');
  await values.fill('20, 100000');
  await card.getByRole('button', { name: 'Start' }).click();
  await expect(card.getByText(/^Value 2 of 2, seed 1 of 3, step \d+ of 100,000/)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Repeat with 5 seeds' })).toBeDisabled();
  await card.getByRole('button', { name: 'Stop' }).click();
  await expect(card.getByRole('status')).toHaveText('The sweep has ended: 3 of 6 runs.');

  await setting.selectOption('objective.temperature');
  await values.fill('2, 32');
  await card.getByRole('button', { name: 'Start' }).click();
  await expect(card.getByRole('status')).toHaveText('The sweep has ended: 6 of 6 runs.');
  await expect(card.locator('.sweep-line')).toHaveCount(4);
  await expect(card.locator('.sweep-seed')).toHaveCount(2 * 3 * 3);
  await expect(card.locator('.verdict-sentence')).toContainText(
    /^Best .* distilled: Temperature T = (2|32) \(\d+\.\d %\)/,
  );
  await expect(card.getByText(/over 3 seeds \(95 %\)\.$/)).toBeVisible();
  await card.getByText('As a table').click();
  await expect(card.getByRole('row', { name: /^2 / }).getByRole('cell').last()).toHaveText('3');
  const cursor = card.getByRole('slider', { name: 'Temperature T: the value that is told' });
  await cursor.press('End');
  await expect(cursor).toHaveAttribute('aria-valuetext', /^Temperature T = 32: labels only \d+\.\d % \(/);
  await accessible(page);

  const coming = page.waitForEvent('download');
  await card.getByRole('button', { name: 'Save as CSV' }).click();
  expect((await coming).suggestedFilename()).toMatch(/ sweep\.csv$/);
  await card.getByRole('button', { name: 'Use 32' }).click();
  await expect(page.getByRole('spinbutton', { name: 'Temperature T, as a number' })).toHaveValue('32');
  expect(await state(page)).toMatchObject({ state: 'paused', step: 0 });
});
