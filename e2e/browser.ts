// What every browser test starts from: `test`, which fails on any breach of the page's security policy, and `launch`, for
// tests that need a browser of their own (an empty profile, a crashed GPU process). It knows nothing of the app.
import { type Browser, test as base, chromium, type LaunchOptions, type Page } from '@playwright/test';
import { CHROMIUM_FLAGS, findChromium } from '../scripts/drivers.mjs';

const chromiumPath = findChromium();
if (chromiumPath === null)
  throw new Error('No Chromium was found: run `npm test`, which installs or names one.');

export const LAUNCH: LaunchOptions = { executablePath: chromiumPath, args: [...CHROMIUM_FLAGS] };

/** A browser of the test's own, which closes it; without the flags that give it WebGPU where that is not wanted. */
export function launch({ webgpu = true } = {}): Promise<Browser> {
  const args = CHROMIUM_FLAGS.filter((flag) => webgpu || !/webgpu|vulkan/i.test(flag));
  return chromium.launch({ ...LAUNCH, args });
}

/** Breaches of the security policy in this page, from now on; its workers report theirs to the console as well. */
export function watchPolicy(page: Page): readonly string[] {
  const breaches: string[] = [];
  const sign = /Content Security Policy|TrustedScript|TrustedHTML|Refused to/;
  page.on('console', (message) => {
    if (sign.test(message.text())) breaches.push(message.text());
  });
  page.on('pageerror', (error) => {
    if (sign.test(error.message)) breaches.push(error.message);
  });
  return breaches;
}

export const test = base.extend<{ policyKept: undefined }>({
  policyKept: [
    async ({ page }, use) => {
      const breaches = watchPolicy(page);
      await use(undefined);
      base.expect(breaches, 'breaches of the security policy').toEqual([]);
    },
    { auto: true },
  ],
});

export { expect } from '@playwright/test';
