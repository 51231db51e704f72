// What the browser tests do again and again: open the page, run it by its console, read what came of it.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from '@playwright/test';
import type axe from 'axe-core';
import { expect } from './browser.ts';

interface Arm {
  readonly name: string;
  readonly accuracy: number;
  readonly agreement: number;
  readonly divergence: number;
}

export interface PageState {
  readonly state: string;
  readonly step: number;
  readonly adapter: string | null;
  readonly arms: readonly Arm[];
}

interface Stillroom {
  load(from: unknown, files?: readonly File[]): Promise<void>;
  play(): Promise<void>;
  pause(): void;
  step(count?: number): Promise<void>;
  rewind(): void;
  set(path: string, value: number): void;
  state(): PageState;
  metrics(): AsyncIterable<{ readonly step: number }>;
  link(): string;
}

declare global {
  interface Window {
    stillroom: Stillroom;
  }
}

/** The page with this fragment, once it shows something. */
export async function open(page: Page, fragment = ''): Promise<void> {
  await page.goto(`./${fragment}`);
  await expect(page.getByRole('button', { name: 'Share' })).toBeVisible();
  await page.waitForFunction(() => 'stillroom' in window);
}

/** Runs so many steps live and returns what the page then knows. */
export async function steps(page: Page, count: number): Promise<PageState> {
  await page.evaluate((n) => window.stillroom.step(n), count);
  return state(page);
}

export function state(page: Page): Promise<PageState> {
  return page.evaluate(() => window.stillroom.state());
}

/** The file that the share dialog saves under this name. */
export async function saved(page: Page, name: string): Promise<Buffer> {
  await page.getByRole('button', { name: 'Share' }).click();
  const coming = page.waitForEvent('download');
  await page.getByRole('button', { name }).click();
  const download = await coming;
  const chunks: Buffer[] = [];
  for await (const chunk of await download.createReadStream()) chunks.push(Buffer.from(chunk));
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  return Buffer.concat(chunks);
}

/** Nothing in the bar lies over anything else of it, and nothing of it is cut off. */
export async function barIsClear(page: Page): Promise<void> {
  const faults = await page.evaluate(() => {
    const parts = [...document.querySelectorAll('.bar > *, .bar-strip > *')].filter(
      ({ clientWidth }) => clientWidth > 0,
    );
    const boxes = parts.map((part) => ({ part, of: part.className, box: part.getBoundingClientRect() }));
    const cut = parts.filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth + 1);
    const over = boxes.flatMap(({ part, of, box }, i) =>
      boxes
        .slice(i + 1)
        .filter((other) => !part.contains(other.part))
        .filter((other) => box.right > other.box.left + 1 && other.box.left > box.left)
        .filter((other) => box.bottom > other.box.top && other.box.bottom > box.top)
        .map((other) => `${of} over ${other.of}`),
    );
    return [...over, ...cut.map(({ className }) => `${className} is cut`)];
  });
  expect(faults).toEqual([]);
}

/**
 * Nothing that axe can find, in the light and in the dark. Where a document is the same in both but for its colours, what
 * looks at colours alone is asked the second time, unless the `whole` is to be looked at twice.
 */
export async function accessible(page: Page, { whole = false } = {}): Promise<void> {
  let lookedAt = '';
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    // Colours that are still on their way would be judged half-way, and they set out a frame after the theme is known.
    await page.evaluate(async (wanted) => {
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      while (document.documentElement.dataset['theme'] !== wanted) await frame();
      await frame();
      await frame();
      await Promise.allSettled(document.getAnimations().map(({ finished }) => finished));
    }, colorScheme);
    const found = whole ? '' : await markup(page);
    const same = found !== '' && found === lookedAt;
    expect(await violations(page, same ? ofColours : null), `axe, ${colorScheme}`).toEqual([]);
    lookedAt = found;
  }
}

/** All that there is, without what names the theme: the button that turns to the other, and the document's own mark. */
function markup(page: Page): Promise<string> {
  return page.evaluate(() => {
    const toggle = document.querySelector('.bar-end > .icon-only')?.outerHTML ?? '';
    return document.documentElement.outerHTML.replace(toggle, '').replaceAll(/ data-theme="\w+"/g, '');
  });
}

/** Those of its category of colours that are on by default. */
const ofColours = ['color-contrast', 'link-in-text-block'];

/** Less than half of what `axe.source` is, and the same rules. */
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Every rule of axe that is on by default, run in the page itself: it has no frames of other origins. */
async function violations(page: Page, rules: readonly string[] | null): Promise<readonly string[]> {
  // Much to be sent and read: once a document is enough.
  if (await page.evaluate(() => !('axe' in window))) await page.evaluate(axeSource);
  return page.evaluate(async (only) => {
    const here = (window as unknown as { axe: typeof axe }).axe;
    const { violations: found } = await here.run({
      resultTypes: ['violations'],
      ...(only === null ? {} : { runOnly: { type: 'rule' as const, values: [...only] } }),
    });
    return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(' | ')}`);
  }, rules);
}
