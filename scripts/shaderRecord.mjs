// Set-up of the GPU tests: where STILLROOM_SHADERS names a folder, everything that Dawn compiles in them is written there,
// so that another implementation of WebGPU can be given the same (naga.mjs).
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { globals } from 'webgpu';

const folder = process.env['STILLROOM_SHADERS'];

if (folder) record(folder, globals.GPUDevice.prototype);

function record(into, device) {
  mkdirSync(into, { recursive: true });
  // A module's text; the types of a layout's buffers.
  const [codes, buffers] = [new WeakMap(), new WeakMap()];
  wrap(device, 'createShaderModule', (module, { code }) => codes.set(module, code));
  wrap(device, 'createBindGroupLayout', (layout, { entries }) => {
    buffers.set(
      layout,
      entries.map((entry) => entry.buffer?.type),
    );
  });
  wrap(device, 'createPipelineLayout', (layout, { bindGroupLayouts }) =>
    buffers.set(layout, buffers.get(bindGroupLayouts[0])),
  );
  wrap(device, 'createComputePipelineAsync', async (pipeline, { label, layout, compute }) => {
    if (!buffers.has(layout)) return;
    // What Dawn refuses is the test's own business.
    if ((await pipeline.catch(() => null)) === null) return;
    const { module, constants } = compute;
    const kernel = { name: label, buffers: buffers.get(layout), constants, code: codes.get(module) };
    const text = JSON.stringify(kernel);
    const path = join(into, `${createHash('sha256').update(text).digest('hex').slice(0, 24)}.json`);
    if (!existsSync(path)) writeFileSync(path, text);
  });
}

/** Calls `seen` with what the method gave and what it was given. */
function wrap(device, name, seen) {
  const method = device[name];
  device[name] = function (descriptor) {
    const made = method.call(this, descriptor);
    seen(made, descriptor);
    return made;
  };
}
