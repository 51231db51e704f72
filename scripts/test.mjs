// `npm test`: sets up what is missing, runs every suite in turn and adds them up: unit tests, the GPU tests on each Vulkan
// driver found (SwiftShader always), the browser tests against the production build. Whole runs and exports are trained on
// the fastest driver alone, kernels, ops and the executor are tested on each; whole runs on SwiftShader are the browser's.
// What the first driver was given to compile, naga is given as well: the compiler of Firefox (naga.mjs).
// `--only unit|gpu|e2e` takes one suite; what follows `--` goes to its runner (`npm test -- --only e2e -- --grep link`).
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { driverEnv, findDrivers } from './drivers.mjs';
import { ensureChromium, ensureDependencies, ROOT, runTool, say, stop } from './setup.mjs';

const SUITES = ['unit', 'gpu', 'e2e'];
const PARTS = ['src/kernels/', 'src/gpu/', 'src/ops/', 'src/tensor/', 'src/adapter'];
const REPORTS = join(ROOT, '.cache/test');
const SHADERS = join(REPORTS, 'shaders');

const { only, extra } = readArguments(process.argv.slice(2));
ensureDependencies();
if (only !== 'unit') ensureChromium();
rmSync(REPORTS, { recursive: true, force: true });
mkdirSync(REPORTS, { recursive: true });

const results = [];
if (only === null || only === 'unit') results.push(runVitest('unit', 'unit', {}));
if (only === null || only === 'gpu') {
  for (const [turn, driver] of promisedDrivers().entries()) {
    const [parts, recorded] = turn === 0 ? [[], { STILLROOM_SHADERS: SHADERS }] : [PARTS, {}];
    const result = runVitest(`gpu on ${driver.name}`, 'gpu', { ...driverEnv(driver), ...recorded }, parts);
    results.push(result);
    if (extra.length > 0) continue;
    results.push(everyKernelTested(driver, result));
    if (turn === 0) results.push(runNaga(driver));
  }
}
if (only === null || only === 'e2e') results.push(runPlaywright());
finish(results);

/** Software drivers only: they give the same numbers on every machine. A GPU has its turn where there is nothing else, or by STILLROOM_ADAPTER. */
function promisedDrivers() {
  const drivers = findDrivers();
  const wanted = process.env['STILLROOM_ADAPTER'];
  if (wanted) {
    const driver = drivers.find(({ name }) => name === wanted);
    return driver ? [driver] : stop(`STILLROOM_ADAPTER asks for "${wanted}", which is not installed here.`);
  }
  const software = drivers.filter(({ name }) => name !== 'hardware');
  return software.length > 0 ? software : drivers;
}

function runVitest(title, project, env, parts = []) {
  say(`\n— ${title}`);
  const report = join(REPORTS, `${title.replaceAll(' ', '-')}.json`);
  const args = [
    'run',
    ...(extra.length === 0 ? parts : []),
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ];
  const status = runTool('vitest/vitest.mjs', [...args, ...extra], { env: { ...process.env, ...env } });
  const json = readJson(report);
  const files = (json?.testResults ?? []).map((file) => ({
    path: file.name,
    passed: file.assertionResults.filter((test) => test.status === 'passed').length,
    total: file.assertionResults.length,
    broken: file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  }));
  const passed = sum(files.map((file) => file.passed));
  // A file that could not be loaded has no tests to count, and one that is skipped or still to do has not been kept.
  const failed = sum(files.map((file) => file.total - file.passed + (file.broken ? 1 : 0)));
  return settle({ title, passed, failed, files }, status);
}

function runPlaywright() {
  say('\n— e2e');
  const title = 'e2e';
  const built = runTool('vite/bin/vite.js', ['build', '--logLevel', 'warn']);
  if (built !== 0) return { title: `${title} (the build failed)`, passed: 0, failed: 1 };
  const report = join(REPORTS, 'e2e.json');
  const env = { ...process.env, PLAYWRIGHT_JSON_OUTPUT_FILE: report };
  const status = runTool('@playwright/test/cli.js', ['test', '--reporter=list,json', ...extra], { env });
  const stats = readJson(report)?.stats ?? { expected: 0, unexpected: 0, flaky: 0, skipped: 0 };
  return settle(
    { title, passed: stats.expected, failed: stats.unexpected + stats.flaky + stats.skipped },
    status,
  );
}

/** Firefox compiles with naga, and so does Deno's WebGPU. A panic of it ends that process before it can count. */
function runNaga(driver) {
  const title = 'kernels compiled by naga';
  say(`\n— ${title}`);
  const env = { ...process.env, ...driverEnv(driver), DENO_NO_UPDATE_CHECK: '1' };
  const args = ['run', '-A', '--unstable-webgpu', join(ROOT, 'scripts/naga.mjs'), SHADERS];
  const status = runTool('deno/bin.cjs', args, { env });
  const { passed = 0, failed = 0 } = readJson(`${SHADERS}.json`) ?? {};
  return settle({ title, passed, failed }, status);
}

/** A runner that crashed, or ran nothing, has not passed, whatever its report says. */
function settle(result, status) {
  if (result.failed > 0) return result;
  if (status !== 0) return { ...result, title: `${result.title} (the runner failed)`, failed: 1 };
  if (result.passed === 0) return { ...result, title: `${result.title} (no test ran)`, failed: 1 };
  return result;
}

/** Kernels × adapters: each shader's test file has run, and passed something, on this driver. */
function everyKernelTested(driver, { files }) {
  const kernels = kernelStems();
  const missing = kernels.filter((stem) => {
    const names = [`/src/kernels/${stem}.test.ts`, `/src/kernels/${stem}.gpu.test.ts`];
    return !files.some(
      (file) => file.passed > 0 && names.some((name) => file.path.replaceAll('\\', '/').endsWith(name)),
    );
  });
  for (const stem of missing) say(`No test of the kernel "${stem}" passed on ${driver.name}.`);
  const title = `kernels tested on ${driver.name}: ${kernels.length - missing.length} of ${kernels.length}`;
  return { title, passed: missing.length === 0 ? 1 : 0, failed: missing.length === 0 ? 0 : 1 };
}

/** shaders/distill/row_loss.wgsl → rowLoss; lib/ and terms/ hold parts of kernels. */
function kernelStems() {
  const files = readdirSync(join(ROOT, 'shaders'), { recursive: true }).map((path) =>
    path.replaceAll('\\', '/'),
  );
  const whole = files.filter((path) => path.endsWith('.wgsl') && !/(^|\/)(lib|terms)\//.test(path));
  return whole.map((path) =>
    path
      .replace(/^.*\//, '')
      .replace(/\.wgsl$/, '')
      .replace(/_(\w)/g, (_, c) => c.toUpperCase()),
  );
}

function finish(all) {
  const passed = sum(all.map((result) => result.passed));
  const failed = sum(all.map((result) => result.failed));
  say('');
  for (const result of all)
    say(
      `  ${result.failed > 0 ? '✗' : '✓'} ${result.title}: ${result.passed} passed, ${result.failed} failed`,
    );
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed > 0 ? 1 : 0);
}

function readArguments(args) {
  const split = args.indexOf('--');
  const own = split < 0 ? args : args.slice(0, split);
  const suite = own[0] === '--only' ? own[1] : null;
  if (own.length !== (suite === null ? 0 : 2) || (suite !== null && !SUITES.includes(suite))) {
    stop(
      `Got: npm test -- ${own.join(' ')}\nWanted: npm test [-- --only ${SUITES.join('|')} [-- arguments of its runner]]`,
    );
  }
  return { only: suite, extra: split < 0 ? [] : args.slice(split + 1) };
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

function sum(numbers) {
  return numbers.reduce((a, b) => a + b, 0);
}
