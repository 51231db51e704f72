// `npm start`: sets up what is missing, then serves the app. Uses Node alone, so it works before anything is installed.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureDependencies, ROOT } from './setup.mjs';

ensureDependencies();
const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
const server = spawn(process.execPath, [vite, ...process.argv.slice(2)], { cwd: ROOT, stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => server.kill(signal));
server.on('exit', (code) => process.exit(code ?? 0));
