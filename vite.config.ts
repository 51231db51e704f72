// Builds the page: static files that work from any sub-path of any host, under the policy of public/_headers.
import { readFileSync } from 'node:fs';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Puts the policy of public/_headers into the page as well, for hosts that send no headers. Not while developing: hot reload needs inline scripts. */
function securityPolicy(): Plugin {
  const policy = /^\s*Content-Security-Policy:\s*(.+)$/m.exec(readFileSync('public/_headers', 'utf8'))?.[1];
  if (policy === undefined) throw new Error('public/_headers has no Content-Security-Policy line.');
  const content = policy.trim();
  return {
    name: 'stillroom:security-policy',
    apply: 'build',
    transformIndexHtml: () => [
      { tag: 'meta', attrs: { 'http-equiv': 'Content-Security-Policy', content }, injectTo: 'head-prepend' },
    ],
  };
}

// Receipts and links of the page say which version made them, as those of the command line do.
process.env['VITE_VERSION'] ??= JSON.parse(readFileSync('package.json', 'utf8')).version;

export default defineConfig({
  base: './',
  plugins: [react(), securityPolicy()],
  worker: { format: 'es' },
  build: {
    target: 'es2023',
    // A policy without data: for scripts and wasm wants real files, however small.
    assetsInlineLimit: 0,
    // The polyfill is an inline-style script of Vite's own; every browser with WebGPU preloads modules itself.
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1024,
  },
  // The pre-bundler would move onnxruntime-web away from its wasm files.
  optimizeDeps: { exclude: ['onnxruntime-web'] },
});
