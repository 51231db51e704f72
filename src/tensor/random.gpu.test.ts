// The generator's two halves: shaders/lib/random.wgsl against random.ts, bit for bit, over small, large and random keys.
import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { create, globals } from 'webgpu';
import { RandomStream, randomU32, randomUnit } from './random.ts';

// Dawn's instance must not be collected while a device lives.
const held: { gpu?: GPU } = globalThis as { gpu?: GPU };
Object.assign(globalThis, globals);
held.gpu = create([]);

afterAll(() => {
  delete held.gpu;
});

const library = readFileSync(new URL('../../shaders/lib/random.wgsl', import.meta.url), 'utf8');
const probe = /* wgsl */ `${library}
@group(0) @binding(0) var<storage, read> keys: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> bits: array<vec2u>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= arrayLength(&keys)) { return; }
  let k = keys[id.x];
  bits[id.x] = vec2u(random_u32(k.x, k.y, k.z, k.w), bitcast<u32>(random_unit(k.x, k.y, k.z, k.w)));
}`;

test('4,096 keys give the same bits in WGSL and in TypeScript', async () => {
  const keys = someKeys(4_096);
  const found = await runProbe(keys);
  const wanted = new Uint32Array(found.length);
  const units = new Float32Array(wanted.buffer);
  for (let i = 0; i < wanted.length; i += 2) {
    const [seed = 0, step = 0, sample = 0, stream = 0] = keys.subarray(2 * i, 2 * i + 4);
    wanted[i] = randomU32(seed, step, sample, stream);
    units[i + 1] = randomUnit(seed, step, sample, stream);
  }
  expect(found).toEqual(wanted);
});

/** Counters from 0 and from the top, then keys of any size. */
function someKeys(n: number): Uint32Array<ArrayBuffer> {
  const random = new RandomStream(11, 0, 0);
  return Uint32Array.from({ length: 4 * n }, (_, i) => {
    if (i < n) return (i >> 2) % 7;
    return i < 2 * n ? -1 - (i >> 3) : random.u32();
  });
}

async function runProbe(keys: Uint32Array<ArrayBuffer>): Promise<Uint32Array> {
  const device = await (await held.gpu?.requestAdapter())?.requestDevice();
  if (!device) throw new Error('no device');
  const module = device.createShaderModule({ code: probe });
  const pipeline = device.createComputePipeline({ layout: 'auto', compute: { module } });
  const input = device.createBuffer({
    size: keys.byteLength,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
  });
  device.queue.writeBuffer(input, 0, keys);
  const size = keys.byteLength / 2;
  const output = device.createBuffer({ size, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC });
  const back = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  const entries = [input, output].map((buffer, binding) => ({ binding, resource: { buffer } }));
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
  pass.dispatchWorkgroups(Math.ceil(keys.length / 4 / 64));
  pass.end();
  encoder.copyBufferToBuffer(output, 0, back, 0, size);
  device.queue.submit([encoder.finish()]);
  await back.mapAsync(GPUMapMode.READ);
  const values = new Uint32Array(back.getMappedRange().slice(0));
  back.unmap();
  device.destroy();
  return values;
}
