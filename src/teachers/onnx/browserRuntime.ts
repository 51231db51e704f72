/**
 * The browser's builds of onnxruntime-web, with their wasm files from beside the page and never from elsewhere. Only
 * runtime.ts imports this, and only when a model is opened.
 */
import asyncifyUrl from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
import jspiUrl from 'onnxruntime-web/ort-wasm-simd-threaded.jspi.wasm?url';
import cpuUrl from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import type { Build, LoadProgress, Ort } from './runtime.ts';

export async function loadBrowserRuntime(build: Build, progress?: LoadProgress): Promise<Ort> {
  const { url, module } = await choose(build);
  const ort = await module;
  ort.env.wasm.wasmBinary = await download(url, progress);
  return ort;
}

async function choose(build: Build): Promise<{ readonly url: string; readonly module: Promise<Ort> }> {
  if (build === 'cpu') return { url: cpuUrl, module: import('onnxruntime-web/wasm') };
  // With stack switching in the engine the build needs no rewritten stack, and is two thirds of the size.
  if ('Suspending' in WebAssembly) return { url: jspiUrl, module: import('onnxruntime-web/jspi') };
  return { url: asyncifyUrl, module: import('onnxruntime-web/webgpu') };
}

async function download(url: string, progress?: LoadProgress): Promise<ArrayBuffer> {
  const response = await fetch(url);
  if (!response.ok || response.body === null) throw new Error(`${url}: ${response.status}`);
  // A compressed answer states its compressed length, which is not the number of bytes that come out.
  const encoded = response.headers.get('content-encoding') !== null;
  const total = encoded ? 0 : Number(response.headers.get('content-length') ?? 0);
  let done = 0;
  const counted = response.body.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(part, controller) {
        done += part.length;
        progress?.(done, total);
        controller.enqueue(part);
      },
    }),
  );
  return new Response(counted).arrayBuffer();
}
