// Serves the production build as a static host would: from a sub-path, with the headers of dist/_headers and nothing
// clever. `npm run preview [-- --port 4173]`; the browser tests run against it. For this machine only.
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';
import { ROOT, stop } from './setup.mjs';

const DIST = join(ROOT, 'dist');
const SUB_PATH = '/still/room/';
const TYPES = {
  '.css': 'text/css',
  '.csv': 'text/csv',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.mjs': 'text/javascript',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

const port = readPort(process.argv.slice(2));
if (fileSize(join(DIST, 'index.html')) === null)
  stop('There is no build to serve: run `npm run build` first.');
const rules = readHeaders(readFileSync(join(DIST, '_headers'), 'utf8'));
const server = createServer(answer);
server.on('error', (error) =>
  stop(`Port ${port} cannot be used: ${error.message}. Choose another with --port.`),
);
server.listen(port, '127.0.0.1', () => console.log(`http://localhost:${port}${SUB_PATH}`));

function answer(request, response) {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405);
  if (!pathname.startsWith(SUB_PATH)) return refuse(response, 404);
  const path = `/${pathname.slice(SUB_PATH.length) || 'index.html'}`;
  const file = inDist(path);
  const size = file === null ? null : fileSize(file);
  if (file === null || size === null) return refuse(response, 404);
  response.writeHead(200, {
    'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
    'Content-Length': size,
    ...headersOf(path),
  });
  if (request.method === 'HEAD') response.end();
  else createReadStream(file).pipe(response);
}

function refuse(response, status) {
  response.writeHead(status, { 'Content-Type': 'text/plain' }).end(String(status));
}

/** The file in dist/, or null for an address that leads out of it. */
function inDist(path) {
  try {
    const file = normalize(join(DIST, decodeURIComponent(path)));
    return file.startsWith(DIST + sep) && !file.includes('\0') ? file : null;
  } catch {
    return null;
  }
}

function fileSize(file) {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat?.isFile() ? stat.size : null;
}

/** The usual `_headers` format: a path, `*` at its end for all below, then its headers, indented. */
function readHeaders(text) {
  const found = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('/')) found.push({ path: line.trim(), headers: {} });
    const [, name, value] = /^\s+([\w-]+):\s*(.+?)\s*$/.exec(line) ?? [];
    if (name !== undefined && found.length > 0) found[found.length - 1].headers[name] = value;
  }
  return found;
}

function headersOf(path) {
  const matches = rules.filter((rule) =>
    rule.path.endsWith('*') ? path.startsWith(rule.path.slice(0, -1)) : path === rule.path,
  );
  return Object.assign({}, ...matches.map((rule) => rule.headers));
}

function readPort([flag, value]) {
  if (flag === undefined) return 4173;
  const number = Number(value);
  if (flag !== '--port' || !Number.isInteger(number) || number < 1 || number > 65535)
    stop('Wanted: preview [--port 1…65535]');
  return number;
}
