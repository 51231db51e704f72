// Links in the real browser: settings and curves travel, nothing runs by itself, and a hostile one does no harm.
import { deflateRawSync } from 'node:zlib';
import { unzipSync } from 'fflate';
import { expect, test } from './browser.ts';
import { accessible, open, saved, state, steps } from './page.ts';

test('a copied link opens elsewhere with its settings, its curve as a ghost, paused; run there it is the same curve; the bundle of the run holds the files that are saved alone', async ({
  page,
  browser,
  baseURL,
}) => {
  await open(page, '#preset=two-moons-1');
  await page.getByText('Tinker', { exact: true }).click();
  await page.getByRole('spinbutton', { name: /Steps/ }).fill('200');
  await page.getByRole('spinbutton', { name: /Steps/ }).press('Enter');
  await page
    .getByRole('button', { name: /^Apply 1 change/ })
    .first()
    .click();
  await expect.poll(async () => (await state(page)).state, { timeout: 90_000 }).toBe('finished');
  const first = await state(page);
  const receipt = await saved(page, 'run.json');
  const bundle = unzipSync(await saved(page, 'Save everything (.zip)'));
  expect(Buffer.from(bundle['run.json'] ?? [])).toEqual(receipt);
  const student = Buffer.from(bundle['students/3-distilled/student.onnx'] ?? []);
  expect(student).toEqual(await saved(page, 'student.onnx'));
  await page.getByRole('button', { name: 'Share' }).click();
  await accessible(page);
  const link = await page.getByRole('textbox', { name: 'Link' }).inputValue();
  expect(link.length).toBeLessThanOrEqual(4_096);

  const elsewhere = await browser.newContext(baseURL === undefined ? {} : { baseURL });
  const other = await elsewhere.newPage();
  await other.goto(link);
  await other.waitForFunction(() => 'stillroom' in window);
  await expect(
    other
      .getByText('from a link')
      .or(other.getByText(/shared|link/i))
      .first(),
  ).toBeVisible();
  expect(await other.evaluate(() => window.stillroom.state().adapter)).toBeNull();
  await accessible(other);
  // The curves' ends in words, and no control that would do nothing.
  await expect(other.locator('.masthead-line')).toContainText('of 100 right. Trained on labels alone');
  await expect(other.getByRole('button', { name: 'Step', exact: true })).toBeDisabled();
  await other.getByRole('button', { name: 'Run it live' }).click();
  // The link's curve, which is shown until then, is finished too, but on no adapter.
  const running = async () => {
    const now = await state(other);
    return now.adapter === null ? 'not begun' : now.state;
  };
  await expect.poll(running, { timeout: 90_000 }).toBe('finished');
  expect((await state(other)).step).toBe(200);
  expect((await state(other)).arms).toEqual(first.arms);
  await expect(other.getByText(/Reproduced/)).toBeVisible();
  await expect(other.getByRole('table', { name: 'Runs' }).getByText('from a link')).toBeVisible();
  await elsewhere.close();
});

const coded = (json: string) => deflateRawSync(Buffer.from(json)).toString('base64url');
const hostile = {
  noise: '#preset=two-moons-1&s=1.%%%zzz',
  'a bomb': `#s=1.d.${coded(`{"a":"${'a'.repeat(2_000_000)}"}`)}`,
  'the prototype of everything': `#preset=two-moons-1&s=1.d.${coded('{"d":{"__proto__":{"polluted":1}}}')}`,
  'an unknown preset': '#preset=../../etc/passwd',
  'a script': '#preset=<img src=x onerror=alert(1)>&s=1.javascript:alert(1)',
  'a version from the future': `#preset=two-moons-1&s=9.d.${coded('{}')}`,
};

test('of six hostile links a sentence says what was left out, nothing runs, axe finds nothing, and the page goes on', async ({
  page,
}) => {
  for (const [what, fragment] of Object.entries(hostile)) {
    // Where only the fragment differs the page would not be opened anew.
    await page.goto('about:blank');
    await open(page, fragment);
    await expect(page.getByRole('region', { name: 'Notices' }), what).toBeVisible();
    await expect(page.locator('.title'), what).not.toBeEmpty();
    expect(await page.evaluate(() => 'polluted' in {}), what).toBe(false);
    expect((await state(page)).state, what).not.toBe('playing');
  }
  await accessible(page);
  await page.getByLabel('Preset').selectOption('few-labels-1');
  await expect(page.getByRole('region', { name: 'Did it help?' })).toContainText('over 5 seeds');
});

test('an embedded page shows the link and never writes the address', async ({ page, baseURL }) => {
  await page.goto(baseURL ?? '');
  await page.evaluate(() => {
    const frame = document.createElement('iframe');
    frame.src = './#preset=two-moons-1';
    frame.style.width = '1200px';
    frame.style.height = '800px';
    document.body.replaceChildren(frame);
  });
  const inner = page.frameLocator('iframe');
  await expect(inner.locator('.title')).toContainText('20');
  const before = page.url();
  await inner.getByRole('slider', { name: 'Temperature T' }).focus();
  await page.keyboard.press('ArrowRight');
  expect(page.url()).toBe(before);
});

test('a lesson made in the Share dialog leaves out and locks what was ticked there, says its words, and is undone by one click; axe finds nothing', async ({
  page,
}) => {
  await open(page, '#preset=two-moons-1');
  await page.getByRole('button', { name: 'Share' }).click();
  await page.getByText('A lesson for a class').click();
  const shows = page.getByRole('group', { name: 'What it shows' });
  for (const part of ['Learn, Tinker, Lab', 'verdict', 'data', 'own teacher and data'])
    await shows.getByText(part, { exact: true }).click();
  await page.getByRole('group', { name: 'What it locks' }).getByText('temperature').click();
  await page.getByRole('textbox', { name: 'Its title' }).fill('Guess <b>first</b>');
  await page.getByRole('textbox', { name: 'What to look at' }).fill('Which student sees the curve?');
  await accessible(page);
  const link = await page.getByRole('textbox', { name: 'Link of the lesson' }).inputValue();
  expect(link.length).toBeLessThan(2_000);

  await page.goto('about:blank');
  await open(page, new URL(link).hash);
  const hidden = [
    page.getByRole('radio', { name: 'Tinker' }),
    page.getByRole('region', { name: 'Did it help?' }),
    page.getByRole('region', { name: 'Data', exact: true }),
  ];
  const temperature = page.getByRole('slider', { name: 'Temperature T' });
  // Its words are text, tags and all.
  const words = page.getByRole('region', { name: 'Guess <b>first</b>' });
  await expect(words).toContainText('Which student sees the curve?');
  // Before everything else beside the picture, and above it where that stands below.
  await expect(page.locator('.why > section').first()).toContainText('Which student sees the curve?');
  for (const width of [1023, 700, 390]) {
    await page.setViewportSize({ width, height: 900 });
    const said = page.getByText('Which student sees the curve?').filter({ visible: true });
    await expect(said).toHaveCount(1);
    await expect(said).toBeInViewport();
  }
  await page.setViewportSize({ width: 1280, height: 720 });
  for (const part of hidden) await expect(part).toHaveCount(0);
  await expect(temperature).toBeDisabled();
  await expect(page.getByRole('group', { name: 'Locked in this lesson' }).locator(temperature)).toHaveCount(
    1,
  );
  await expect(page.getByRole('slider', { name: /^Labels/ })).toBeEnabled();
  await page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(['x'], 'teacher.onnx'));
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
  });
  await expect(page.getByRole('alert')).toContainText('This lesson keeps its own teacher and data');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await accessible(page);
  await page.getByRole('button', { name: 'Show everything' }).click();
  for (const part of hidden) await expect(part).toHaveCount(1);
  await expect(temperature).toBeEnabled();
  expect(page.url()).not.toContain('hide=');
});

test('the frame of the Share dialog plays its recording at 480 x 360, leaves every address alone, and leads to the whole page', async ({
  page,
  baseURL,
}) => {
  await open(page, '#preset=two-moons-1');
  await page.getByRole('button', { name: 'Share' }).click();
  await page.getByText('A frame for another page').click();
  const code = await page.getByRole('textbox', { name: 'Code of the frame' }).inputValue();
  expect(code).toContain('title="Stillroom: Two moons"');
  const src = /src="([^"]+)"/.exec(code)?.[1]?.replaceAll('&amp;', '&') ?? '';
  expect(src).toBe(`${baseURL}#preset=two-moons-1&embed=1`);

  await page.evaluate((address) => {
    const frame = document.createElement('iframe');
    Object.assign(frame, { src: address, width: '480', height: '360' });
    document.body.replaceChildren(frame);
  }, src);
  const inner = page.frameLocator('iframe');
  await expect(inner.locator('.title')).toContainText('20');
  const [, frame] = page.frames();
  const before = [page.url(), frame?.url()];
  expect(before[1]).toBe(src);
  await expect(inner.getByRole('button', { name: 'Share' })).toHaveCount(0);
  await expect(inner.getByRole('button', { name: 'Run it live' })).toHaveCount(0);
  await inner.getByRole('button', { name: 'Play' }).click();
  await expect(inner.getByText(/^Step (?!1,500)[\d,]+ of 1,500$/)).toBeVisible();
  await inner.getByRole('button', { name: 'Pause' }).click();
  await inner.getByRole('slider', { name: 'View temperature' }).press('ArrowRight');
  expect(await frame?.evaluate(() => window.stillroom.state().adapter)).toMatch(/mesa|lavapipe|swiftshader/i);
  expect(await frame?.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(480);
  expect([page.url(), frame?.url()]).toEqual(before);
  await expect(inner.getByRole('link', { name: 'Open in Stillroom' })).toHaveAttribute(
    'href',
    `${baseURL}#preset=two-moons-1`,
  );

  await page.setViewportSize({ width: 480, height: 360 });
  for (const preset of ['two-moons-1', 'dark-knowledge-1', 'stories-1']) {
    await page.goto('about:blank');
    await page.goto(`${baseURL}#preset=${preset}&embed=1`);
    await expect(page.locator('.mirror, .boundary, .token').first()).toBeInViewport();
    // Picture and curve, down to the numbers of its axis, without scrolling.
    await expect(page.locator('.chart canvas')).toBeInViewport({ ratio: 0.85 });
  }
  await accessible(page);

  // Settings that nobody has recorded: what they change, and the two ways on.
  await page.goto('about:blank');
  await page.goto(`${baseURL}#preset=two-moons-1&embed=1&s=1.d.${coded('{"d":{"data":{"labelled":8}}}')}`);
  const none = page.getByRole('region', { name: 'Nobody has recorded a run of these settings' });
  await expect(none).toContainText('Labelled rows 20 → 8');
  await expect(page.getByRole('link', { name: 'Open in Stillroom' })).toHaveAttribute('href', /&s=1\./);
  await accessible(page);
  await none.getByRole('button', { name: 'Watch the recorded run of Two moons instead' }).click();
  await expect(page.locator('.title')).toContainText('20');
});

test('the console runs by commands: load a specification, step, measure, read the link', async ({ page }) => {
  await open(page, '#preset=two-moons-1');
  const seen = await page.evaluate(async () => {
    const steps: number[] = [];
    await window.stillroom.step(1);
    const reading = (async () => {
      for await (const { step } of window.stillroom.metrics()) {
        steps.push(step);
        if (step >= 12) break;
      }
    })();
    await window.stillroom.step(15);
    await reading;
    return steps;
  });
  expect(seen.at(-1)).toBe(12);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  await expect(page.evaluate(() => window.stillroom.set('training.batch', 7))).rejects.toThrow(/live|batch/);
  expect((await steps(page, 1)).step).toBe(17);
});
