// What a visitor gets before the first click: a finished recorded run, at no cost, in every width and theme.
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { expect, test } from './browser.ts';
import { accessible, barIsClear, open, state } from './page.ts';

const titles = {
  'few-labels-1': /100/,
  'noisy-labels-1': /% of this student’s labels are wrong/,
  'two-moons-1': /20/,
} as const;

test('the first paint is the recording of a student that was never shown a 3, and costs no adapter and no model; it plays, and levels show more to axe’s satisfaction', async ({
  page,
}) => {
  await page.addInitScript(() => {
    const { requestAdapter } = GPU.prototype;
    GPU.prototype.requestAdapter = function (this: GPU, ...options) {
      document.documentElement.dataset['adapters'] = 'asked';
      return requestAdapter.apply(this, options);
    };
  });
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await open(page);
  await expect(page.locator('.title')).toHaveText('This student was never shown a 3.');
  await expect(page.getByRole('button', { name: 'Run it live' })).toBeVisible();
  const shown = await state(page);
  expect(shown).toMatchObject({ state: 'finished', step: 2000 });
  // The sentence under the title is computed from the recording, and the recording reads the unseen digit.
  await expect(page.getByText(/It reads \d\d of 100/)).toBeVisible();
  await expect(page.getByRole('region', { name: 'Did it help?' })).toContainText('over 5 seeds');
  await accessible(page, { whole: true });

  await page.getByRole('button', { name: 'Play' }).click();
  await expect.poll(async () => (await state(page)).step).toBeLessThan(2000);
  await page.getByRole('button', { name: 'Pause' }).click();
  const slider = page.getByRole('slider', { name: 'View temperature' });
  const softness = page.getByText(/^The teacher spreads over/);
  const before = await softness.textContent();
  await slider.focus();
  await page.keyboard.press('Home');
  await expect(softness).not.toHaveText(before ?? '');
  for (const level of ['Tinker', 'Lab']) {
    await page.getByText(level, { exact: true }).click();
    await accessible(page);
  }
  // All of it without a GPU.
  expect(asked.filter((url) => /\.onnx|\.pack|\.wasm|ort/.test(url))).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.dataset['adapters'])).toBeUndefined();
});

test('what axe is asked would be found: a picture without words, and grey on white or on black in one theme alone', async ({
  page,
}) => {
  await open(page, '#preset=two-moons-1');
  await page.evaluate(() => {
    const grey = document.createElement('p');
    grey.textContent = 'hard to read';
    grey.style.cssText = 'color: #aaa; background: var(--surface)';
    document.querySelector('.title')?.after(grey);
  });
  await expect(accessible(page)).rejects.toThrow(/axe, light(.|\n)*color-contrast/);
  await page.evaluate(() => {
    document.querySelector<HTMLElement>('.title ~ p')?.style.setProperty('color', '#6b6b6b');
  });
  await expect(accessible(page)).rejects.toThrow(/axe, dark(.|\n)*color-contrast/);
  await page.evaluate(() => {
    const picture = document.createElement('img');
    picture.src = 'data:,';
    document.querySelector('.title')?.after(picture);
    document.querySelector<HTMLElement>('.title ~ p')?.style.setProperty('color', 'var(--ink)');
  });
  await expect(accessible(page)).rejects.toThrow(/image-alt/);
});

test('few labels, noisy labels and two moons open as their recorded runs, each with a verdict over five seeds and nothing for axe to find', async ({
  page,
}) => {
  for (const [preset, title] of Object.entries(titles)) {
    await open(page, `?of=${preset}#preset=${preset}`);
    await expect(page.locator('.title'), preset).toHaveText(title);
    const verdict = page.getByRole('region', { name: 'Did it help?' });
    await expect(verdict, preset).toContainText('over 5 seeds');
    expect((await state(page)).state, preset).toBe('finished');
    await accessible(page);
  }
});

test('the browser’s Back and Forward go through the presets that were chosen, with the settings they had, and through nothing else', async ({
  page,
}) => {
  await open(page);
  const title = page.locator('.title');
  await page.getByLabel('Preset').selectOption('two-moons-1');
  await expect(title).toHaveText(titles['two-moons-1']);
  const temperature = page.getByRole('slider', { name: 'Temperature T' });
  await temperature.focus();
  for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight');
  const told = await temperature.getAttribute('aria-valuetext');
  await page.getByLabel('Preset').selectOption('few-labels-1');
  await expect(title).toHaveText(titles['few-labels-1']);
  await page.goBack();
  await expect(title).toHaveText(titles['two-moons-1']);
  await expect(temperature).toHaveAttribute('aria-valuetext', told ?? '');
  await page.goBack();
  await expect(title).toHaveText('This student was never shown a 3.');
  const { href, length } = await page.evaluate(() => ({ href: location.href, length: history.length }));
  await page.getByRole('link', { name: 'Skip to the picture' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.locator('#see')).toBeFocused();
  expect(await page.evaluate(() => ({ href: location.href, length: history.length }))).toEqual({
    href,
    length,
  });
  await page.getByLabel('Preset').selectOption('noisy-labels-1');
  await expect(title).toHaveText(titles['noisy-labels-1']);
  await page.goBack();
  await expect(title).toHaveText('This student was never shown a 3.');
  expect((await state(page)).state).toBe('finished');
});

test('a chart that is saved as a picture from the dark page has dark lines and words on white', async ({
  page,
}) => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await open(page, '#preset=two-moons-1');
  await page.getByText('As a table or a file').first().click();
  const coming = page.waitForEvent('download');
  await page
    .getByRole('button', { name: /^Save as SVG/ })
    .first()
    .click();
  const picture = readFileSync(await (await coming).path(), 'utf8');
  const colours = new Set([...picture.matchAll(/(?:fill|stroke)="(#\w+)"/g)].map(([, colour]) => colour));
  expect(picture).toMatch(/<rect width="100%" height="100%" fill="#fff(fff)?"/);
  expect([...colours]).toEqual(expect.arrayContaining(['#1b1d22', '#0072b2', '#b57400']));
  expect(await page.evaluate(() => document.documentElement.dataset['theme'])).toBe('dark');
});

test('every preset of Stories opens as its recorded run, with a text that is looked at token by token', async ({
  page,
}) => {
  for (const preset of ['stories', 'stories-directions', 'stories-too-small', 'stories-written']) {
    await open(page, `?of=${preset}#preset=${preset}-1`);
    const verdict = page.getByRole('region', { name: 'Did it help?' });
    await expect(verdict).toContainText('Loss at step 400');
    expect((await state(page)).state).toBe('finished');
    await expect(page.locator('.token').first()).toBeVisible();
  }
});

/** At each level. */
async function nothingIsWider(page: Page): Promise<void> {
  for (const level of ['Learn', 'Tinker', 'Lab']) {
    await page.getByText(level, { exact: true }).click();
    const { scroll, client } = await page.evaluate(() => ({
      scroll: document.documentElement.scrollWidth,
      client: document.documentElement.clientWidth,
    }));
    expect(scroll, level).toBeLessThanOrEqual(client);
  }
}

test('opened at 390 px nothing is wider than the page, and axe finds nothing in any tab', async ({
  page,
}) => {
  await page.setViewportSize({ width: 390, height: 900 });
  await open(page);
  await nothingIsWider(page);
  for (const tab of ['What', 'See', 'Why']) {
    await page.getByRole('button', { name: tab, exact: true }).click();
    await accessible(page);
  }
});

/** What the keyboard can reach here and would then be covered by something else. */
function coveredWhenFocused(page: Page): Promise<readonly string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('main :is(a, button, input, select, summary)')]
      .filter((one) => one.checkVisibility() && !one.matches(':disabled') && one.clientWidth > 1)
      .filter((one) => {
        one.focus();
        const { left, top, width, height } = one.getBoundingClientRect();
        const seen = document.elementFromPoint(left + width / 2, top + height / 2);
        return one !== seen && !one.contains(seen) && seen?.closest('label')?.control !== one;
      })
      .map((one) => one.outerHTML.slice(0, 80)),
  );
}

test('on a phone, upright and across, what plays, pauses, steps and rewinds stays at the lower edge with what is shown, and covers neither what has the focus nor the end of the page', async ({
  page,
}) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await open(page);
  const run = page.getByRole('group', { name: 'Run' });
  const strip = page.locator('.bar-strip');
  await page.locator('.curves').scrollIntoViewIfNeeded();
  await run.getByRole('button', { name: 'Play' }).click();
  await expect(strip).toContainText('Recording, playing');
  await run.getByRole('button', { name: 'Pause' }).click();
  await expect(strip).toContainText(/Recording, paused.*Step [\d,]+ of 2,000/);
  for (const [width, height] of [
    [390, 844],
    [320, 568],
    [844, 390],
  ] as const) {
    await page.setViewportSize({ width, height });
    expect(await coveredWhenFocused(page), `at ${width} x ${height}`).toEqual([]);
    await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
    for (const name of ['Play', 'Step', 'Rewind'])
      await expect(run.getByRole('button', { name })).toBeInViewport({ ratio: 1 });
    const [edge, end] = await Promise.all([strip.boundingBox(), page.locator('.footer p').boundingBox()]);
    expect(edge?.height).toBeLessThan(80);
    expect((end?.y ?? 0) + (end?.height ?? 0)).toBeLessThanOrEqual(edge?.y ?? 0);
  }
});

test('made narrower from 3,840 px to 700 px nothing is wider than the page, and the charts follow', async ({
  page,
}) => {
  const widths = [3840, 2560, 1440, 1024, 700];
  await page.setViewportSize({ width: widths[0] ?? 0, height: 900 });
  await open(page);
  const beyond = () =>
    page.evaluate(
      () =>
        [...document.querySelectorAll('.chart canvas')].filter((canvas) => {
          const card = canvas.closest('.card')?.getBoundingClientRect();
          return canvas.getBoundingClientRect().right > (card?.right ?? 0);
        }).length,
    );
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 });
    // At the level of the last width, Lab, which has all charts.
    await expect.poll(beyond, { message: `charts at ${width} px` }).toBe(0);
    await nothingIsWider(page);
    await barIsClear(page);
    expect(await page.locator('.chart canvas').count()).toBeGreaterThan(5);
  }
});

test('printed from the dark page a run is dark on white, with its bars, and without what is pressed', async ({
  page,
}) => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await open(page);
  // Words of the axes, in the colours that tokens.css gives them.
  const drawnIn = (...[red, green, blue]: readonly [number, number, number]) =>
    page
      .locator('.chart canvas')
      .first()
      .evaluate(
        (canvas: HTMLCanvasElement, wanted) => {
          const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
          const places = Array.from({ length: data.length / 4 }, (_, at) => at * 4);
          return places.some((at) => wanted.every((value, channel) => data[at + channel] === value));
        },
        [red, green, blue, 255],
      );
  await expect.poll(() => drawnIn(176, 178, 186)).toBe(true);
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
  await expect.poll(() => drawnIn(85, 88, 97)).toBe(true);
  expect(await drawnIn(176, 178, 186)).toBe(false);
  await expect(page.locator('.title')).toBeVisible();
  await expect(page.locator('.card.hero')).toHaveCSS('print-color-adjust', 'exact');
  await expect(page.getByRole('button')).toHaveCount(0);
  await page.emulateMedia({ media: 'screen', colorScheme: 'dark' });
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(page.getByRole('button', { name: 'Run it live' })).toBeVisible();
});
