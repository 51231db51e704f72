// The ground that all browser tests stand on: WebGPU is there, the security policy is in force, and the page is not
// heavier than it was meant to be. Nothing is skipped where it is missing; these fail.
import { gzipSync } from 'node:zlib';
import type { Page } from '@playwright/test';
import { expect, test, watchPolicy } from './browser.ts';
import { open, steps } from './page.ts';

/** Of all scripts that index.html runs or loads ahead, compressed as a server would. */
async function initialBytes(page: Page): Promise<number> {
  const html = await (await page.request.get('./')).text();
  const files = [...html.matchAll(/(?:src|href)="([^"]+\.js)"/g)].map((match) => match[1] ?? '');
  expect(files.length).toBeGreaterThan(0);
  const scripts = await Promise.all(files.map(async (file) => (await page.request.get(file)).body()));
  return scripts.reduce((sum, script) => sum + gzipSync(script).length, 0);
}

declare global {
  interface Window {
    /** What became of each attempt to break the policy. */
    refused?: readonly string[];
  }
}

test('the page has a WebGPU adapter, and it is SwiftShader', async ({ page }) => {
  await page.goto('./');
  const info = await page.evaluate(async () => {
    const adapter = await navigator.gpu.requestAdapter();
    return adapter ? { vendor: adapter.info.vendor, architecture: adapter.info.architecture } : null;
  });
  expect(info).toEqual({ vendor: 'google', architecture: 'swiftshader' });
});

test('the page works from a sub-path, every file it asks for is beside it and found, and its policy is sent as a header and stands in the page, and it starts with no more than 150 KB of compressed JavaScript', async ({
  page,
  baseURL,
}) => {
  const lost: string[] = [];
  page.on('response', (response) => {
    const { protocol } = new URL(response.url());
    const beside = response.url().startsWith(baseURL ?? '?') || protocol === 'data:' || protocol === 'blob:';
    if (!beside || response.status() >= 400) lost.push(`${response.status()} ${response.url()}`);
  });
  const sent = (await page.goto('./'))?.headers()['content-security-policy'];
  await expect(page.locator('.title')).toBeVisible();
  await page.waitForLoadState('networkidle');
  expect(lost).toEqual([]);
  expect(await initialBytes(page)).toBeLessThanOrEqual(150_000);
  const inPage = page.locator('meta[http-equiv="Content-Security-Policy"]');
  expect(sent).toContain("require-trusted-types-for 'script'");
  await expect(inPage).toHaveAttribute('content', sent ?? '');
});

test('what Run it live says that it downloads is what it downloads: the engine, compressed as a host sends it, and the teacher’s answers', async ({
  page,
}) => {
  await open(page, '#preset=two-moons-1');
  const said = /Downloads (\d+) kB/.exec((await page.locator('.run-live').textContent()) ?? '');
  const asked: string[] = [];
  page.context().on('request', (request) => asked.push(request.url()));
  await steps(page, 1);
  const files = asked.filter((url) => /\/(engine-|teachers\/)/.test(url));
  expect(files.length).toBeGreaterThan(1);
  const bodies = await Promise.all(files.map(async (file) => (await page.request.get(file)).body()));
  const sent = bodies.map((body, i) => (files[i]?.endsWith('.js') ? gzipSync(body).length : body.length));
  const kilobytes = sent.reduce((sum, bytes) => sum + bytes, 0) / 1000;
  expect(Math.abs(Number(said?.[1]) - kilobytes) / kilobytes).toBeLessThan(0.1);
  // The engine comes once.
  await page.getByLabel('Preset').selectOption('dark-knowledge-1');
  await expect(page.locator('.run-live')).toContainText('Downloads 472 kB');
});

test('text from elsewhere cannot become a script: eval, innerHTML and foreign workers are refused', async ({
  browser,
  baseURL,
}) => {
  const page = await browser.newPage();
  const breaches = watchPolicy(page);
  await page.goto(baseURL ?? '');
  // From a timer of the page's own: while an evaluate call of the devtools protocol is on the stack, eval is allowed.
  await page.evaluate(() => {
    const attempts = {
      // biome-ignore lint/security/noGlobalEval: that it is refused is what is tested
      eval: () => globalThis.eval('1'),
      innerHTML: () =>
        document.body.appendChild(document.createElement('p')).insertAdjacentHTML('beforeend', '<i></i>'),
      foreignWorker: () => new Worker('https://example.org/x.js'),
    };
    setTimeout(() => {
      window.refused = Object.entries(attempts).map(([name, attempt]) => {
        try {
          attempt();
          return `${name} ran`;
        } catch {
          return `${name} refused`;
        }
      });
    });
  });
  const refused = await page.waitForFunction(() => window.refused).then((handle) => handle.jsonValue());
  expect(refused).toEqual(['eval refused', 'innerHTML refused', 'foreignWorker refused']);
  expect(breaches.length).toBeGreaterThan(0);
  await page.close();
});
