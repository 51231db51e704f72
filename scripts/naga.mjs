// Asks wgpu, whose compiler naga is Firefox's too, to compile every kernel that the GPU tests compiled with Dawn. Runs in
// Deno, whose WebGPU is wgpu: `deno run -A --unstable-webgpu scripts/naga.mjs FOLDER`, the folder that STILLROOM_SHADERS
// named while the tests ran (scripts/shaderRecord.mjs). Prints what fails and writes counts beside the folder, as FOLDER.json.
// A panic of naga ends the process; FOLDER.last names the kernel that it was given.

const folder = Deno.args[0];
const kernels = [...Deno.readDirSync(folder)]
  .map(({ name }) => JSON.parse(Deno.readTextFileSync(`${folder}/${name}`)))
  .sort((a, b) => a.name.localeCompare(b.name));
const adapter = await navigator.gpu.requestAdapter();
if (!adapter) throw new Error('Deno finds no adapter.');
const limits = ['maxStorageBuffersPerShaderStage', 'maxComputeWorkgroupStorageSize'];
const device = await adapter.requestDevice({
  requiredLimits: Object.fromEntries(limits.map((name) => [name, adapter.limits[name]])),
});
const modules = new Map();
let compiled = 0;
const beyond = new Set();
let failed = 0;

for (const kernel of kernels) {
  if (needsMore(kernel.code)) {
    beyond.add(kernel.name);
    continue;
  }
  const what = `${kernel.name} ${JSON.stringify(kernel.constants)}`;
  Deno.writeTextFileSync(`${folder}.last`, what);
  const error = await compile(kernel);
  if (error === null) compiled += 1;
  else {
    failed += 1;
    console.log(`✗ ${what}: ${error.split('\n', 12).join('\n')}`);
  }
}
// A kernel that uses a feature has a form without it, which is what Firefox gets.
for (const name of beyond) {
  if (kernels.some((kernel) => kernel.name === name && !needsMore(kernel.code))) continue;
  failed += 1;
  console.log(`✗ ${name}: the form without the features of its other one was never compiled`);
}
console.log(`${compiled} kernels compiled by naga, ${failed} not`);
Deno.writeTextFileSync(`${folder}.json`, JSON.stringify({ passed: compiled, failed }));
Deno.exit(failed > 0 ? 1 : 0);

function needsMore(code) {
  const wanted = [...code.matchAll(/^enable ([\w, ]+);/gm)].flatMap(([, names]) => names.split(/, */));
  return wanted.some((name) => !adapter.features.has(name));
}

/** What is wrong, or null. */
async function compile({ buffers, constants, code }) {
  device.pushErrorScope('validation');
  const module = modules.get(code) ?? device.createShaderModule({ code });
  modules.set(code, module);
  const group = device.createBindGroupLayout({
    entries: buffers.map((type, binding) => ({ binding, visibility: 4, buffer: { type } })),
  });
  const layout = device.createPipelineLayout({ bindGroupLayouts: [group] });
  device.createComputePipeline({ layout, compute: { module, entryPoint: 'main', constants } });
  return (await device.popErrorScope())?.message ?? null;
}
