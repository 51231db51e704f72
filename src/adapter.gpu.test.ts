// What the kernel tests stand on: the adapter that was promised (STILLROOM_ADAPTER) is the one that Dawn gives. Where it
// is missing these tests fail; nothing is skipped.
import { afterAll, expect, test } from 'vitest';
import { create, globals } from 'webgpu';

const SIGNS: Readonly<Record<string, RegExp>> = {
  swiftshader: /swiftshader/i,
  lavapipe: /llvmpipe/i,
  hardware: /^(?!.*(swiftshader|llvmpipe)).+/i,
};

// Dawn's instance must not be collected while a device lives.
const held: { gpu?: GPU } = globalThis as { gpu?: GPU };
Object.assign(globalThis, globals);
held.gpu = create([]);

afterAll(() => {
  delete held.gpu;
});

test('the adapter in Node is the one that STILLROOM_ADAPTER promises', async () => {
  const promised = process.env['STILLROOM_ADAPTER'];
  expect(promised, 'no Vulkan driver was found: run `npm test`, which installs or names one').toBeDefined();
  const info = (await held.gpu?.requestAdapter())?.info;
  expect(`${info?.architecture} ${info?.device} ${info?.description}`).toMatch(
    SIGNS[promised ?? ''] ?? /never/,
  );
});

test('the adapter runs a kernel and gives the right numbers back', async () => {
  const adapter = await held.gpu?.requestAdapter();
  const device = await adapter?.requestDevice();
  if (!device) throw new Error('no device');
  const module = device.createShaderModule({
    code: `@group(0) @binding(0) var<storage, read_write> x: array<f32>;
      @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
        if (id.x < arrayLength(&x)) { x[id.x] = f32(id.x) * f32(id.x); }
      }`,
  });
  const pipeline = device.createComputePipeline({ layout: 'auto', compute: { module } });
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC;
  const buffer = device.createBuffer({ size: 4 * 100, usage });
  const back = device.createBuffer({
    size: 4 * 100,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  const entries = [{ binding: 0, resource: { buffer } }];
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
  pass.dispatchWorkgroups(2);
  pass.end();
  encoder.copyBufferToBuffer(buffer, 0, back, 0, 4 * 100);
  device.queue.submit([encoder.finish()]);
  await back.mapAsync(GPUMapMode.READ);
  const values = Array.from(new Float32Array(back.getMappedRange()));
  back.unmap();
  device.destroy();
  expect(values).toEqual(Array.from({ length: 100 }, (_, i) => i * i));
});
