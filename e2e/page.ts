// What the browser tests do again and again: open the page, run it by its console, read what came of it.
import type { Page } from '@playwright/test';
import axe from 'axe-core';
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

/** Nothing that axe can find, in the light and in the dark. */
export async function accessible(page: Page): Promise<void> {
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
    expect(await violations(page), `axe, ${colorScheme}`).toEqual([]);
  }
}

/** Every rule of axe that is on by default, run in the page itself: it has no frames of other origins. */
async function violations(page: Page): Promise<readonly string[]> {
  // Half a megabyte that is parsed anew each time: once a document is enough.
  if (await page.evaluate(() => !('axe' in window))) await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const here = (window as unknown as { axe: typeof axe }).axe;
    const { violations: found } = await here.run({ resultTypes: ['violations'] });
    return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(' | ')}`);
  });
}
