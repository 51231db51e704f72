// Browser tests: a full headless Chromium with SwiftShader's WebGPU, against the production build served from a sub-path.
// `npm test -- --only e2e` builds first. STILLROOM_PORT moves the server away from a port in use.
import { defineConfig } from '@playwright/test';
import { LAUNCH } from './e2e/browser.ts';

const port = process.env['STILLROOM_PORT'] ?? '4173';
const baseURL = `http://localhost:${port}/still/room/`;

export default defineConfig({
  testDir: 'e2e',
  fullyParallel: true,
  outputDir: 'test-results',
  // A software GPU takes what cores there are, but pages load, axe looks and shaders compile on one.
  workers: 2,
  timeout: 240_000,
  expect: { timeout: 60_000 },
  retries: 0,
  forbidOnly: true,
  reporter: 'list',
  // What a thread costs is told by a page that is alone: `--no-deps` runs it without the others before it.
  projects: [
    { name: 'pages', testIgnore: /mainThread/ },
    { name: 'main thread', testMatch: /mainThread/, dependencies: ['pages'] },
  ],
  use: {
    baseURL,
    launchOptions: LAUNCH,
    viewport: { width: 1280, height: 900 },
    trace: 'off',
    screenshot: 'only-on-failure',
  },
  webServer: {
    command: `node scripts/preview.mjs --port ${port}`,
    url: baseURL,
    reuseExistingServer: false,
    timeout: 30_000,
  },
});
