// Plays the hub on this machine: its two questions, files by commit, large ones by a redirect to another origin, with
// ranges and ETags; and whatever goes wrong on the way, on demand. It may also serve the built page, set to this hub.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import type { HubFile } from './languageModels.ts';

/** What goes wrong from now on; a test changes it as it likes. */
export interface Faults {
  /** Large files end after so many bytes of an answer, so many times. */
  breakAfter: number | null;
  breaks: number;
  /** What was sent has so long to arrive before that, in milliseconds: a browser drops what it had not yet read. */
  breakMs: number;
  /** A pause after each 64 KiB of a large file, in milliseconds. */
  pauseMs: number;
  /** Every answer has this status. */
  status: number | null;
  /** A sign-in page comes instead of files. */
  html: boolean;
  /** The first byte of this file is another. */
  corrupt: string | null;
  /** Ranges are not understood. */
  withoutRanges: boolean;
}

export interface Hub {
  readonly origin: string;
  /** Where the built page is, set to this hub; there if it was built. */
  readonly page: string;
  readonly faults: Faults;
  /** `GET /path` with the range asked for, in order. */
  readonly requests: string[];
  close(): Promise<void>;
}

export const commit = (name: string) => createHash('sha1').update(name).digest('hex');
const quiet: Faults = {
  ...{ breakAfter: null, breaks: 0, breakMs: 0, pauseMs: 0, status: null, html: false },
  ...{ corrupt: null, withoutRanges: false },
};
const chunk = 65_536;
const subPath = '/still/room/';
const types: Readonly<Record<string, string>> = {
  ...{ '.css': 'text/css', '.html': 'text/html; charset=utf-8', '.js': 'text/javascript' },
  ...{ '.json': 'application/json', '.wasm': 'application/wasm', '.svg': 'image/svg+xml' },
};

export async function startHub(
  repositories: Readonly<Record<string, readonly HubFile[]>>,
  { gated = [] as readonly string[] } = {},
): Promise<Hub> {
  const faults: Faults = { ...quiet };
  const requests: string[] = [];
  const served = new Map<string, HubFile>();
  for (const files of Object.values(repositories))
    for (const file of files) served.set(sha256(file.bytes), file);

  const store = createServer((request, response) => {
    note(request);
    const file = served.get((request.url ?? '').slice('/blobs/'.length));
    if (!allowed(request, response) || faults.status !== null || file === undefined)
      return end(response, faults.status ?? 404);
    void sendFile(request, response, file, faults);
  });
  const storeOrigin = await listening(store);

  const hub = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname.startsWith(subPath)) return sendPage(pathname, response, hubOrigin, storeOrigin);
    note(request);
    if (!allowed(request, response)) return;
    if (faults.status !== null) return end(response, faults.status);
    const [, api, rest = ''] = /^\/(api\/models\/)?(.*)$/.exec(pathname) ?? [];
    const name = Object.keys(repositories).find((one) => rest.startsWith(`${one}/`));
    const files = name === undefined ? undefined : repositories[name];
    if (name === undefined || files === undefined) return end(response, 404);
    if (gated.includes(name)) return end(response, 401);
    const [what, revision, ...path] = rest.slice(name.length + 1).split('/');
    if (revision !== commit(name) && revision !== 'main') return end(response, 404);
    if (api !== undefined)
      return send(response, 'application/json', JSON.stringify(answer(what, name, files)));
    const file = files.find((one) => one.path === decodeURIComponent(path.join('/')));
    if (what !== 'resolve' || file === undefined) return end(response, 404);
    if (!isLarge(file)) return void sendFile(request, response, file, { ...faults, breakAfter: null });
    const location = `${storeOrigin}/blobs/${sha256(file.bytes)}`;
    response
      .writeHead(302, { ...cors, Location: location, 'X-Linked-Etag': `"${sha256(file.bytes)}"` })
      .end();
  });
  const hubOrigin = await listening(hub);

  function note({ method, url, headers }: IncomingMessage): void {
    if (method !== 'OPTIONS') requests.push(`${method} ${url}${headers.range ? ` ${headers.range}` : ''}`);
  }
  return {
    ...{ origin: hubOrigin, page: `${hubOrigin}${subPath}`, faults, requests },
    async close() {
      await Promise.all([hub, store].map((one) => stopped(one)));
    },
  };
}

function answer(what: string | undefined, name: string, files: readonly HubFile[]): unknown {
  if (what === 'revision') {
    const siblings = files.map(({ path }) => ({ rfilename: path }));
    return { id: name, sha: commit(name), gated: false, cardData: { license: 'apache-2.0' }, siblings };
  }
  return files.map((file) => {
    const { path, bytes } = file;
    const oid = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
    const lfs = isLarge(file) ? { lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 134 } } : {};
    return { type: 'file', path, oid, size: bytes.length, ...lfs };
  });
}

const isLarge = ({ path }: HubFile) => /\.onnx|_data/.test(path);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const cors = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers': 'Range',
  'Access-Control-Expose-Headers': 'Content-Range, ETag, X-Linked-Etag',
};

/** Answers what a browser asks before it asks. */
function allowed({ method }: IncomingMessage, response: ServerResponse): boolean {
  if (method !== 'OPTIONS') return method === 'GET';
  response.writeHead(204, cors).end();
  return false;
}

function end(response: ServerResponse, status: number): void {
  if (!response.headersSent)
    response.writeHead(status, { ...cors, 'Content-Type': 'text/plain' }).end(String(status));
}

function send(response: ServerResponse, type: string, text: string | Buffer): void {
  response
    .writeHead(200, { ...cors, 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) })
    .end(text);
}

async function sendFile(
  { headers }: IncomingMessage,
  response: ServerResponse,
  { path, bytes }: HubFile,
  faults: Faults,
): Promise<void> {
  if (faults.html) return send(response, 'text/html; charset=utf-8', '<!doctype html><title>Sign in</title>');
  const body = Buffer.from(bytes);
  if (faults.corrupt === path && body.length > 0) body[0] = (body[0] ?? 0) ^ 1;
  const [, start] = /^bytes=(\d+)-$/.exec(headers.range ?? '') ?? [];
  const ranged = start !== undefined && !faults.withoutRanges;
  const from = ranged ? Number(start) : 0;
  response.writeHead(ranged ? 206 : 200, {
    ...{ ...cors, 'Content-Type': 'application/octet-stream', 'Content-Length': body.length - from },
    ETag: `"${sha256(bytes)}"`,
    ...(faults.withoutRanges ? {} : { 'Accept-Ranges': 'bytes' }),
    ...(ranged ? { 'Content-Range': `bytes ${from}-${body.length - 1}/${body.length}` } : {}),
  });
  const stop = faults.breaks > 0 && faults.breakAfter !== null ? from + faults.breakAfter : body.length;
  if (stop < body.length) faults.breaks -= 1;
  for (let at = from; at < Math.min(stop, body.length) && !response.destroyed; at += chunk) {
    response.write(body.subarray(at, Math.min(at + chunk, stop)));
    await pause(faults.pauseMs);
  }
  if (stop >= body.length) return void response.end();
  await pause(faults.breakMs);
  response.destroy();
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A file of dist/, with the hub's address in the page and in its policy changed to this one's. */
function sendPage(pathname: string, response: ServerResponse, hub: string, store: string): void {
  const path = normalize(join('dist', pathname.slice(subPath.length) || 'index.html'));
  if (!path.startsWith('dist') || !existsSync(path) || !statSync(path).isFile()) return end(response, 404);
  const body = readFileSync(path);
  const here = (text: string) =>
    text
      .replaceAll('https://*.huggingface.co https://*.hf.co', store)
      .replaceAll('https://huggingface.co', hub);
  if (!path.endsWith('index.html'))
    return send(response, types[extname(path)] ?? 'application/octet-stream', body);
  const policy = /Content-Security-Policy: (.+)/.exec(readFileSync('dist/_headers', 'utf8'))?.[1] ?? '';
  response.setHeader('Content-Security-Policy', here(policy));
  send(response, 'text/html; charset=utf-8', here(body.toString('utf8')));
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://localhost:${(server.address() as AddressInfo).port}`;
}

function stopped(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
