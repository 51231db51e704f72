// Brings a fresh machine to the point where the project runs: the dependencies of the lockfile and, for tests, a Chromium
// (its SwiftShader is also Node's GPU driver). Uses Node alone, and does nothing where nothing is missing.
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findChromium, findDrivers } from './drivers.mjs';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const OLDEST_NODE = [20, 19];

/** Says on stderr, so that a program's stdout stays its own. */
export function say(text) {
  process.stderr.write(`${text}\n`);
}

/** Installs what package-lock.json lists, if node_modules does not hold just that. Ends the process where it cannot. */
export function ensureDependencies() {
  requireNode();
  const reason = whyInstall();
  if (reason === null) return;
  // npm would empty the folder behind it, which may be another checkout's.
  if (lstatSync(join(ROOT, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink())
    stop(
      `node_modules is a link, and what it leads to does not fit (${reason}): remove the link and try again.`,
    );
  say(`Installing dependencies (${reason}) …`);
  const npm = process.env['npm_execpath'];
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const options = {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
    shell: npm === undefined && process.platform === 'win32',
  };
  const run = npm?.endsWith('.js')
    ? spawnSync(process.execPath, [npm, ...args], options)
    : spawnSync('npm', args, options);
  if (run.status !== 0) stop('The dependencies could not be installed: `npm ci` failed (see above).');
}

/** Finds a Chromium; on Debian and Ubuntu, as root, installs one. Elsewhere prints the one command and ends. */
export function ensureChromium() {
  if (process.env['CHROMIUM_PATH'] && findChromium() === null) {
    stop(`CHROMIUM_PATH names ${process.env['CHROMIUM_PATH']}, and there is no such file.`);
  }
  if (findChromium() === null && hasApt() && process.getuid?.() === 0) installByApt();
  const chromium = findChromium();
  if (chromium === null)
    stop(`The browser tests need a full Chromium or Chrome. Install one by:\n\n    ${installCommand()}\n`);
  if (findDrivers().length === 0) {
    stop(
      `${chromium} brings no SwiftShader for the GPU tests in Node. Install one that does by:\n\n    ${installCommand()}\n`,
    );
  }
  return chromium;
}

/** Ends the process with a message in place of a stack trace. */
export function stop(message) {
  say(message);
  process.exit(1);
}

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [wantMajor, wantMinor] = OLDEST_NODE;
  if (major > wantMajor || (major === wantMajor && minor >= wantMinor)) return;
  stop(
    `Stillroom needs Node ${OLDEST_NODE.join('.')} or later; this is ${process.versions.node}. See https://nodejs.org.`,
  );
}

/** Compares the lockfile with npm's own record of what it put into node_modules. */
function whyInstall() {
  const wanted = packages(join(ROOT, 'package-lock.json'));
  if (wanted === null) stop('package-lock.json is missing or broken: restore it from the repository.');
  const installed = packages(join(ROOT, 'node_modules/.package-lock.json'));
  if (installed === null) return 'first run';
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue;
    const have = installed[path];
    if (have === undefined ? entry.optional !== true : have.version !== entry.version)
      return `${path} changed`;
  }
  return null;
}

function packages(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages ?? null;
  } catch {
    return null;
  }
}

function hasApt() {
  return process.platform === 'linux' && existsSync('/etc/debian_version') && existsSync('/usr/bin/apt-get');
}

/** Ubuntu's `chromium-browser` is a snap, useless in a container, so there Playwright's build is asked for. */
function installByApt() {
  say('Installing Chromium for the tests (a few minutes, once) …');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const quiet = (command, args) => spawnSync(command, args, { cwd: ROOT, env, encoding: 'utf8' });
  const updated = quiet('apt-get', ['-qq', 'update']);
  const options = ['-qq', '-y', '-o', 'Dpkg::Use-Pty=0', '--no-install-recommends'];
  let run = quiet('apt-get', [
    ...options,
    'install',
    'chromium',
    'libvulkan1',
    'fonts-dejavu-core',
    'fonts-liberation',
  ]);
  if (findChromium() === null)
    run = quiet('npx', ['playwright', 'install', '--with-deps', '--no-shell', 'chromium']);
  if (findChromium() === null) say([updated.stderr, run.stderr].join('\n').trim());
}

function installCommand() {
  if (process.platform === 'darwin') return 'brew install --cask google-chrome';
  if (process.platform === 'win32') return 'winget install Google.Chrome';
  if (isDebian()) return 'sudo apt-get install -y chromium libvulkan1';
  return 'npx playwright install --with-deps --no-shell chromium';
}

function isDebian() {
  try {
    return hasApt() && /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}

/** Runs one of the project's own tools by Node, with no shell and no npx between. Returns its exit status. */
export function runTool(bin, args, options = {}) {
  const run = spawnSync(process.execPath, [join(ROOT, 'node_modules', bin), ...args], {
    cwd: ROOT,
    stdio: 'inherit',
    ...options,
  });
  return run.status ?? 1;
}
