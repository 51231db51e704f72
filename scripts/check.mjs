// `npm run check`: format and lint (warnings are errors), types, dead code, and the architecture test, which also finds
// import cycles. Every check runs, so that one call shows all there is to mend.
import { ensureDependencies, runTool, say } from './setup.mjs';

const CHECKS = [
  [
    'format and lint',
    '@biomejs/biome/bin/biome',
    ['check', '--error-on-warnings', '--no-errors-on-unmatched'],
  ],
  ['types', 'typescript/bin/tsc', ['-p', '.', '--noEmit']],
  ['dead code', 'knip/bin/knip.js', ['--no-progress']],
  ['architecture', 'vitest/vitest.mjs', ['run', '--project', 'unit', 'src/architecture.test.ts']],
];

ensureDependencies();
const failed = CHECKS.filter(([title, bin, args]) => {
  const started = Date.now();
  const status = runTool(bin, args);
  say(`${status === 0 ? '✓' : '✗'} ${title} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  return status !== 0;
});
if (failed.length > 0) say(`Failed: ${failed.map(([title]) => title).join(', ')}`);
process.exit(failed.length > 0 ? 1 : 0);
