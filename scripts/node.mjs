// Runs a command-line program of the project: `node scripts/node.mjs distill …` (npm run distill -- …). Builds it first
// if a source is newer than the last build, and gives Dawn the best Vulkan driver there is (or STILLROOM_ADAPTER's).
// Only the program writes to stdout, so its output can be piped.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chooseDriver, driverEnv } from './drivers.mjs';
import { ensureDependencies, ROOT, runTool, say, stop } from './setup.mjs';

const SOURCES = ['src', 'shaders', 'bench', 'vite.node.config.ts', 'package-lock.json'];
const STAMP = join(ROOT, 'build/node/.built');

const [name, ...args] = process.argv.slice(2);
if (name === undefined) stop('Wanted: node scripts/node.mjs PROGRAM [arguments]');
ensureDependencies();
buildIfStale();
const program = join(ROOT, 'build/node', `${name}.js`);
if (!existsSync(program))
  stop(`There is no program "${name}"; there are: ${programs().join(', ') || 'none'}.`);

const child = spawn(process.execPath, ['--enable-source-maps', program, ...args], {
  env: { ...process.env, ...driverEnv(driver()) },
  stdio: 'inherit',
});
// A terminal sends Ctrl-C to the whole group; a supervisor signals only this process.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));

function buildIfStale() {
  const started = new Date();
  if (existsSync(STAMP) && newest(SOURCES.map((path) => join(ROOT, path))) < statSync(STAMP).mtimeMs) return;
  say('Building the command line …');
  const args = ['build', '--config', 'vite.node.config.ts', '--logLevel', 'warn'];
  if (runTool('vite/bin/vite.js', args, { stdio: ['ignore', 2, 2] }) !== 0)
    stop('The build failed (see above).');
  mkdirSync(join(ROOT, 'build/node'), { recursive: true });
  writeFileSync(STAMP, '');
  // What was saved while the build ran is newer than it.
  utimesSync(STAMP, started, started);
}

function newest(paths) {
  let time = 0;
  for (const path of paths) {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) continue;
    const inside = stat.isDirectory() ? newest(readdirSync(path).map((entry) => join(path, entry))) : 0;
    time = Math.max(time, stat.mtimeMs, inside);
  }
  return time;
}

function driver() {
  try {
    return chooseDriver();
  } catch (error) {
    return stop(error.message);
  }
}

function programs() {
  const folder = join(ROOT, 'build/node');
  return readdirSync(folder)
    .filter((file) => file.endsWith('.js'))
    .map((file) => file.slice(0, -3));
}
