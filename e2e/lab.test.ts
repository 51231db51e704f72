// The loss laboratory in the real browser: a formula from its first wrong character to another page that trains it, several
// losses on one sample, and a card of the catalogue; in both themes, wide and narrow.
import type { Page } from '@playwright/test';
import { expect, test } from './browser.ts';
import { accessible, open, state, steps } from './page.ts';

async function openLab(page: Page, fragment = ''): Promise<void> {
  await open(page, fragment);
  await page.getByText('Lab', { exact: true }).click();
}

const formula = 'param beta = 0.5 in 0..1\nsum(p * log(p / q)) + beta * sum((q - p)^2)';

test('a formula says where it is wrong, becomes sliders, trains, and a link brings it paused to another page that runs it', async ({
  page,
}) => {
  await openLab(page, '#preset=two-moons-1');
  await page.getByLabel('Term 1', { exact: true }).selectOption('formula');
  const card = page.getByRole('region', { name: 'Your own loss' });
  const text = card.getByLabel('Loss of a row');
  await text.fill('sum(p * log(p / r))');
  await expect(card.getByText(/^Line 1, character 17: There is no r/)).toBeVisible();
  await expect(text).toHaveAttribute('aria-invalid', 'true');
  await expect(card.locator('mark')).toHaveText('r');
  await text.fill(formula);
  await expect(text).toHaveAttribute('aria-invalid', 'false');
  await card.getByRole('spinbutton', { name: 'beta, as a number' }).fill('0.25');
  await card.getByRole('spinbutton', { name: 'beta, as a number' }).press('Enter');

  await page.getByRole('button', { name: /^Apply \d change/ }).click();
  await expect.poll(async () => (await state(page)).step).toBeGreaterThan(20);
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect.poll(async () => (await state(page)).state).toBe('paused');
  // The GPU is open now, so the checks follow the text by themselves.
  const checks = card.getByRole('region', { name: 'Checks' });
  await expect(checks.getByRole('listitem')).toHaveCount(8);
  await expect(checks.getByText(/^Nothing against it/)).toBeVisible();
  // Its text scrolls in its own column and lies over nothing.
  await card.getByText('The shader text that it becomes').click();
  const [shader, column] = [card.locator('.shader pre'), card.locator('.workbench-part').first()];
  await expect(shader).toContainText('_loss(x: Element');
  const rightOf = async (one: typeof shader) => one.evaluate((e) => e.getBoundingClientRect().right);
  expect(await rightOf(shader)).toBeLessThanOrEqual((await rightOf(column)) + 1);
  // A broken text touches nothing that trains.
  await text.fill('sum(p *');
  await expect(checks.locator('.is-fail')).toContainText('Can be read');
  expect(await page.evaluate(() => window.stillroom.link())).toContain('&s=');
  await expect(page.getByRole('button', { name: /^Apply/ })).toHaveCount(0);

  const link = await page.evaluate(() => window.stillroom.link());
  await page.goto('about:blank');
  await page.goto(link);
  await page.waitForFunction(() => 'stillroom' in window);
  await page.getByText('Lab', { exact: true }).click();
  await expect(page.getByLabel('Loss of a row')).toHaveValue(formula);
  await expect(page.getByRole('spinbutton', { name: 'beta, as a number' }).first()).toHaveValue('0.25');
  expect((await state(page)).state).not.toBe('playing');
  const after = await steps(page, 10);
  expect(after).toMatchObject({ state: 'paused', step: 10 });
});

test('a link to a formula that nobody has run shows it, and also where the data are texts', async ({
  page,
}) => {
  for (const preset of ['two-moons-1', 'stories-1']) {
    await openLab(page, `#preset=${preset}`);
    await page.getByLabel('Term 1', { exact: true }).selectOption('formula');
    const text = page.getByLabel('Loss of a row');
    await text.fill(formula);
    const link = await page.evaluate(() => window.stillroom.link());
    await page.goto('about:blank');
    await page.goto(link);
    await page.waitForFunction(() => 'stillroom' in window);
    await page.getByText('Lab', { exact: true }).click();
    await expect(text).toHaveValue(formula);
    expect((await state(page)).state).not.toBe('playing');
  }
});

test('several losses push the bars of one sample, with their norms and the cosines between them', async ({
  page,
}) => {
  await openLab(page);
  await page.getByLabel('Term 1', { exact: true }).selectOption('formula');
  const lens = page.getByRole('region', { name: 'Losses on this sample' });
  await expect(lens.getByRole('img', { name: /Forward KL: .*likelier by/ })).toBeVisible();
  const arrows = await lens.locator('.push-arrow').count();
  const more = lens.getByLabel('Compare with');
  await expect(more.locator('option[value=reverse_kl]')).toHaveCount(0);
  await more.selectOption('logit_mse');
  await expect(lens.getByRole('row', { name: 'D Mean squared error of logits' })).toBeVisible();
  expect(await lens.locator('.push-arrow').count()).toBeGreaterThan(arrows);
  const cosines = lens.getByRole('table', { name: 'Cosine between the gradients' });
  await expect(cosines.getByRole('row')).toHaveCount(5);
  const cosine = cosines.getByRole('row', { name: /^B/ }).getByRole('cell').first();
  await expect(cosine).toHaveText(/^−?\d\.\d\d$/);
  const ofOne = await cosine.textContent();
  await lens.getByLabel(/of all \d+ samples as one batch/).check();
  await expect(cosine).not.toHaveText(ofOne ?? '');
  await lens.getByRole('button', { name: 'Remove Cross-entropy with the labels' }).click();
  await expect(cosines.getByRole('row')).toHaveCount(4);
  await accessible(page);
});

test('a card of the catalogue has its formula as MathML, whose symbols and sliders move the picture, also at 390 px', async ({
  page,
}) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await openLab(page);
  await page.getByRole('button', { name: 'What', exact: true }).click();
  await page.getByRole('button', { name: 'About Forward KL' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Jensen–Shannon, normalised' }).click();
  await expect(dialog.locator('math').first()).toBeVisible();
  const curve = dialog.locator('.picture-value');
  const before = await curve.getAttribute('d');
  await dialog.getByRole('slider', { name: /β$/ }).press('Home');
  await expect(curve).not.toHaveAttribute('d', before ?? '');
  const forward = await curve.getAttribute('d');
  const symbol = dialog.locator('math .knob', { hasText: 'β' }).first();
  await symbol.scrollIntoViewIfNeeded();
  const box = await symbol.boundingBox();
  if (box === null) throw new Error('The symbol is not on the page.');
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + 120, box.y + box.height / 2, { steps: 4 });
  await page.mouse.up();
  await expect(curve).not.toHaveAttribute('d', forward ?? '');
  await accessible(page);
  const { scroll, client } = await dialog.evaluate((element) => ({
    scroll: element.scrollWidth,
    client: element.clientWidth,
  }));
  expect(scroll).toBeLessThanOrEqual(client);
});

test('all layers of a student are compared with tensors of its teacher while it trains, in both themes', async ({
  page,
}) => {
  await openLab(page, '#preset=two-moons-1');
  const states = page.getByRole('group', { name: 'Hidden states' });
  await states.getByRole('checkbox', { name: 'Match hidden states too' }).click();
  await page.getByRole('button', { name: /^Apply \d change/ }).click();
  await states.getByRole('checkbox', { name: 'Compare all layers while it trains' }).check();
  const map = states.getByRole('table', { name: /^Linear CKA at step/ });
  // The run is prepared, and its teacher asked, before there is anything to see.
  await expect(map.getByRole('cell').first()).toHaveText(/^[01]\.\d\d$/, { timeout: 90_000 });
  await expect(map.locator('.is-pair').first()).toBeVisible();
  const caption = await map.locator('caption').textContent();
  // It follows the training by itself.
  await expect(map.locator('caption')).not.toHaveText(caption ?? '');
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect.poll(async () => (await state(page)).state).toBe('paused');
  await accessible(page);
  // The deepest tint that there is, which layers that are alike have.
  await map.locator('td').evaluateAll((cells) => {
    for (const cell of cells) if (cell instanceof HTMLElement) cell.style.setProperty('--heat', '60%');
  });
  await accessible(page);
});
