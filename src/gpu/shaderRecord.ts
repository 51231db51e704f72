// Set-up of the GPU tests: where STILLROOM_SHADERS names a folder, everything that Dawn compiles in them is written there,
// so that another implementation of WebGPU can be asked to compile the same (scripts/naga.ts).
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { globals } from 'webgpu';

const folder = process.env['STILLROOM_SHADERS'];

if (folder !== undefined && folder !== '') record(folder, prototypeOf());

/** Dawn's package types its globals as an object. */
function prototypeOf(): GPUDevice {
  return (globals as { readonly GPUDevice: { readonly prototype: GPUDevice } }).GPUDevice.prototype;
}

function record(into: string, device: GPUDevice): void {
  mkdirSync(into, { recursive: true });
  const codes = new WeakMap<GPUShaderModule, string>();
  const groups = new WeakMap<GPUBindGroupLayout, readonly (string | undefined)[]>();
  const layouts = new WeakMap<GPUPipelineLayout, readonly (string | undefined)[]>();
  const { createShaderModule, createBindGroupLayout, createPipelineLayout, createComputePipelineAsync } =
    device;
  device.createShaderModule = function (this: GPUDevice, descriptor) {
    const module = createShaderModule.call(this, descriptor);
    codes.set(module, descriptor.code);
    return module;
  };
  device.createBindGroupLayout = function (this: GPUDevice, descriptor) {
    const group = createBindGroupLayout.call(this, descriptor);
    groups.set(
      group,
      [...descriptor.entries].map((entry) => entry.buffer?.type),
    );
    return group;
  };
  device.createPipelineLayout = function (this: GPUDevice, descriptor) {
    const layout = createPipelineLayout.call(this, descriptor);
    const [first] = descriptor.bindGroupLayouts;
    if (first) layouts.set(layout, groups.get(first) ?? []);
    return layout;
  };
  device.createComputePipelineAsync = async function (this: GPUDevice, descriptor) {
    const pipeline = await createComputePipelineAsync.call(this, descriptor);
    const { module, constants } = descriptor.compute;
    const buffers = descriptor.layout === 'auto' ? undefined : layouts.get(descriptor.layout);
    const code = codes.get(module);
    if (code === undefined || buffers === undefined) return pipeline;
    const text = JSON.stringify({ name: descriptor.label, buffers, constants, code });
    const path = join(into, `${createHash('sha256').update(text).digest('hex').slice(0, 24)}.json`);
    if (!existsSync(path)) writeFileSync(path, text);
    return pipeline;
  };
}
