// Finds what this machine can test and compute with: a Chromium for the browser tests, and the Vulkan
// drivers that Dawn (npm package `webgpu`) can use in Node. It installs nothing; setup.mjs does that.
// Plain JavaScript, because Node 20 runs no TypeScript; the types are in drivers.d.mts.
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** Under these a headless Chromium has WebGPU in pages and workers without a GPU (either of the first two alone is not enough in every launch). */
export const CHROMIUM_FLAGS = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The path of a full Chromium or Chrome, or null. `CHROMIUM_PATH` wins; a headless shell is never taken, it has no WebGPU. */
export function findChromium() {
  const chosen = process.env['CHROMIUM_PATH'];
  if (chosen !== undefined && chosen !== '') return existsSync(chosen) ? chosen : null;
  for (const path of [...onPath(), ...inUsualPlaces(), ...fromPlaywright()]) {
    if (existsSync(path) && !isSnapStub(path)) return path;
  }
  return null;
}

/** Every driver that Dawn accepts here, the fastest first: hardware, lavapipe, swiftshader. */
export function findDrivers() {
  const found = [findHardware(), findLavapipe(), findSwiftShader()];
  return found.filter((driver) => driver !== null);
}

/**
 * The driver a program should use: the one named by STILLROOM_ADAPTER (it is an error if that one is missing), else the
 * best. Null where there is none, and where VK_ICD_FILENAMES or VK_DRIVER_FILES shows that the user has chosen already.
 */
export function chooseDriver(env = process.env) {
  const wanted = env['STILLROOM_ADAPTER'];
  if (wanted === undefined || wanted === '') {
    if (env['VK_ICD_FILENAMES'] || env['VK_DRIVER_FILES']) return null;
    return findDrivers()[0] ?? null;
  }
  const drivers = findDrivers();
  const driver = drivers.find(({ name }) => name === wanted);
  if (driver !== undefined) return driver;
  const names = drivers.map(({ name }) => name).join(', ') || 'none';
  throw new Error(
    `STILLROOM_ADAPTER asks for the driver "${wanted}", which is not installed here (found: ${names}).`,
  );
}

/** The environment variables that make the Vulkan loader take this driver and no other. Set them before Node starts, or at least before Dawn does. */
export function driverEnv(driver) {
  if (driver === null) return {};
  const env = { STILLROOM_ADAPTER: driver.name };
  if (driver.icd !== '') env['VK_ICD_FILENAMES'] = driver.icd;
  const loader = bundledLoader(driver);
  if (loader !== null) {
    env['LD_LIBRARY_PATH'] = [loader, process.env['LD_LIBRARY_PATH']].filter(Boolean).join(delimiter);
  }
  return env;
}

// --- drivers ---------------------------------------------------------------------------------------------------

/** Only Linux goes through Vulkan; on macOS and Windows Dawn takes the system's GPU by itself. */
function findHardware() {
  if (process.platform !== 'linux') return { name: 'hardware', icd: '' };
  const nodes = existsSync('/dev/nvidiactl') || list('/dev/dri').some((name) => name.startsWith('renderD'));
  if (!nodes) return null;
  const icd = icdFiles(/^(nvidia|intel|radeon|amd|nouveau|asahi|panfrost|freedreno|broadcom)/).join(
    delimiter,
  );
  return icd !== '' && startsOnGpu(icd) ? { name: 'hardware', icd } : null;
}

/** Mesa before 25 is refused by Dawn; its ICD file says Vulkan 1.4 from 25 on. */
function findLavapipe() {
  for (const icd of icdFiles(/^lvp_icd/)) {
    const [major = 0, minor = 0] = apiVersion(icd);
    if (major > 1 || (major === 1 && minor >= 4)) return { name: 'lavapipe', icd };
  }
  return null;
}

/** SwiftShader comes with every full Chromium. */
function findSwiftShader() {
  if (process.platform !== 'linux') return null;
  for (const folder of chromiumFolders()) {
    const icd = join(folder, 'vk_swiftshader_icd.json');
    if (existsSync(icd)) return { name: 'swiftshader', icd };
  }
  return null;
}

function icdFiles(pattern) {
  const folders = [
    '/usr/share/vulkan/icd.d',
    '/usr/local/share/vulkan/icd.d',
    '/etc/vulkan/icd.d',
    // Where containers get NVIDIA's driver from their host.
    '/usr/local/nvidia/share/vulkan/icd.d',
  ];
  const thisCpu = (name) => !name.includes('i686') || process.arch === 'ia32';
  return folders.flatMap((folder) =>
    list(folder)
      .filter((name) => pattern.test(name) && name.endsWith('.json') && thisCpu(name))
      .map((name) => join(folder, name)),
  );
}

function apiVersion(icd) {
  try {
    return String(JSON.parse(readFileSync(icd, 'utf8')).ICD.api_version)
      .split('.')
      .map(Number);
  } catch {
    return [];
  }
}

/** A device node and an ICD file promise nothing (containers have them without a GPU): ask Dawn, in a process of its own. */
function startsOnGpu(icd) {
  const ask = `
    import { create } from 'webgpu';
    globalThis.gpu = create([]);
    const adapter = await globalThis.gpu.requestAdapter();
    process.exit(adapter && !adapter.info.isFallbackAdapter ? 0 : 1);`;
  try {
    execFileSync(process.execPath, ['--input-type=module', '-e', ask], {
      cwd: ROOT,
      env: { ...process.env, VK_ICD_FILENAMES: icd },
      stdio: 'ignore',
      timeout: 20_000,
    });
    return true;
  } catch {
    return false;
  }
}

/** The folder of Chromium's own Vulkan loader, where the system has none. */
function bundledLoader(driver) {
  if (process.platform !== 'linux' || driver.icd === '') return null;
  const system = [
    '/lib',
    '/usr/lib',
    '/usr/lib64',
    '/usr/local/lib',
    ...archFolders('/usr/lib'),
    ...archFolders('/lib'),
  ];
  if (system.some((folder) => existsSync(join(folder, 'libvulkan.so.1')))) return null;
  return chromiumFolders().find((folder) => existsSync(join(folder, 'libvulkan.so.1'))) ?? null;
}

// --- browsers --------------------------------------------------------------------------------------------------

function onPath() {
  const names = [
    'chromium',
    'chromium-browser',
    'google-chrome-stable',
    'google-chrome',
    'google-chrome-beta',
  ];
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return names.flatMap((name) => folders.map((folder) => join(folder, name)));
}

function inUsualPlaces() {
  const apps = ['/Applications', join(homedir(), 'Applications')];
  const programs = ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].map((key) => process.env[key] ?? '');
  if (process.platform === 'darwin') {
    const names = ['Google Chrome', 'Chromium', 'Google Chrome for Testing'];
    return apps.flatMap((folder) => names.map((name) => join(folder, `${name}.app/Contents/MacOS/${name}`)));
  }
  if (process.platform !== 'win32') return [];
  return programs
    .filter((folder) => folder !== '')
    .flatMap((folder) =>
      ['Google/Chrome', 'Chromium'].map((app) => join(folder, app, 'Application/chrome.exe')),
    );
}

/** Browsers that `npx playwright install chromium` has put into its cache, the newest first. */
function fromPlaywright() {
  const caches = {
    linux: '.cache/ms-playwright',
    darwin: 'Library/Caches/ms-playwright',
    win32: 'AppData/Local/ms-playwright',
  };
  const cache =
    process.env['PLAYWRIGHT_BROWSERS_PATH'] ?? join(homedir(), caches[process.platform] ?? caches.linux);
  const builds = list(cache).filter((name) => /^chromium-\d+$/.test(name));
  const newestFirst = builds.sort((a, b) => Number(b.slice(9)) - Number(a.slice(9)));
  const app = 'Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing';
  return newestFirst.flatMap((build) =>
    list(join(cache, build)).flatMap((folder) =>
      ['chrome', 'chrome.exe', app, 'Chromium.app/Contents/MacOS/Chromium'].map((file) =>
        join(cache, build, folder, file),
      ),
    ),
  );
}

/** Ubuntu's `chromium-browser` package holds a script that only says "install the snap". */
function isSnapStub(path) {
  try {
    const head = firstBytes(path, 4096);
    return head.startsWith('#!') && head.includes('snap install');
  } catch {
    return true;
  }
}

function chromiumFolders() {
  const chromium = findChromium();
  const own = chromium === null ? [] : [dirname(realpathSync(chromium))];
  return [...own, '/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome'];
}

// --- files -----------------------------------------------------------------------------------------------------

function firstBytes(path, count) {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(count);
    return bytes.toString('latin1', 0, readSync(file, bytes, 0, count, 0));
  } finally {
    closeSync(file);
  }
}

function archFolders(folder) {
  return list(folder)
    .filter((name) => name.endsWith('-linux-gnu') || name.endsWith('-linux-musl'))
    .map((name) => join(folder, name));
}

function list(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
