/**
 * Compiled kernels of one device, cached by kernel and variant. Layouts are explicit, from the kernel's bindings, so
 * that a variant that leaves a binding unused has the same layout.
 */
import { StillroomError } from '../spec/errors.ts';
import type { Source } from '../tensor/kernel.ts';
import type { KernelCall, KernelIdentity } from '../tensor/program.ts';
import { repeated } from './repeated.ts';

interface Layout {
  readonly group: GPUBindGroupLayout;
  readonly pipeline: GPUPipelineLayout;
}

export class Pipelines {
  readonly #device: GPUDevice;
  readonly #textOf: (sources: readonly string[]) => string;
  readonly #layouts = new Map<string, Layout>();
  readonly #modules = new Map<string, GPUShaderModule>();
  readonly #compiling = new Map<string, Promise<GPUComputePipeline>>();
  readonly #compiled = new Map<string, GPUComputePipeline>();

  constructor(device: GPUDevice, textOf: (sources: readonly string[]) => string) {
    this.#device = device;
    this.#textOf = textOf;
  }

  /** Compiles every variant that the calls need and that is not there yet. Errors: `shader-invalid`. */
  async compile(
    calls: readonly KernelCall[],
    progress?: (done: number, total: number) => void,
  ): Promise<void> {
    const wanted = new Map(calls.map((call) => [variantKey(call), call]));
    let done = 0;
    progress?.(0, wanted.size);
    await Promise.all(
      [...wanted].map(async ([key, call]) => {
        this.#compiled.set(key, await this.#compileOne(key, call));
        done += 1;
        progress?.(done, wanted.size);
      }),
    );
  }

  get(call: KernelCall): GPUComputePipeline {
    const pipeline = this.#compiled.get(variantKey(call));
    if (pipeline === undefined) throw new RangeError(`${call.kernel.name} was not prepared`);
    return pipeline;
  }

  groupLayout(kernel: KernelIdentity): GPUBindGroupLayout {
    return this.#layout(kernel).group;
  }

  #compileOne(key: string, call: KernelCall): Promise<GPUComputePipeline> {
    const known = this.#compiling.get(key);
    if (known !== undefined) return known;
    const { kernel, constants } = call;
    const module = this.#module(kernel);
    const started = this.#device
      .createComputePipelineAsync({
        label: kernel.name,
        layout: this.#layout(kernel).pipeline,
        compute: { module, entryPoint: 'main', constants: { ...constants } },
      })
      .catch(async (cause: unknown) => {
        throw await shaderInvalid(kernel, module, cause);
      });
    this.#compiling.set(key, started);
    return started;
  }

  #module(kernel: KernelIdentity): GPUShaderModule {
    const key = moduleKey(kernel);
    const known = this.#modules.get(key);
    if (known !== undefined) return known;
    const code = kernel.sources.map((source) => this.#text(source)).join('\n');
    const module = this.#device.createShaderModule({ label: kernel.name, code });
    this.#modules.set(key, module);
    return module;
  }

  #text(source: Source): string {
    if (typeof source === 'string') return this.#textOf([source]);
    if ('text' in source) return source.text;
    if ('times' in source) return repeated(this.#textOf([source.path]), source.times);
    return this.#textOf([this.#device.features.has(source.feature) ? source.path : source.otherwise]);
  }

  #layout(kernel: KernelIdentity): Layout {
    const accesses = kernel.bindings.map((binding) => binding.access);
    const key = `${accesses.join()}${kernel.live ? ',live' : ''}`;
    const known = this.#layouts.get(key);
    if (known !== undefined) return known;
    const types: GPUBufferBindingType[] = accesses.map((access) =>
      access === 'read' ? 'read-only-storage' : 'storage',
    );
    types.push('uniform');
    if (kernel.live) types.push('uniform');
    const group = this.#device.createBindGroupLayout({
      label: key,
      entries: types.map((type, binding) => ({ binding, visibility: 4, buffer: { type } })),
    });
    const layout = { group, pipeline: this.#device.createPipelineLayout({ bindGroupLayouts: [group] }) };
    this.#layouts.set(key, layout);
    return layout;
  }
}

function variantKey(call: KernelCall): string {
  const constants = Object.entries(call.constants).map(([name, value]) => `${name}=${value}`);
  return `${moduleKey(call.kernel)}(${constants.join(' ')})`;
}

/** Name and sources, for kernels whose parameters decide what is in them. */
function moduleKey({ name, sources }: KernelIdentity): string {
  return [name, ...sources.map(keyOf)].join('\n');
}

function keyOf(source: Source): string {
  if (typeof source === 'string') return source;
  if ('text' in source) return source.text;
  return 'times' in source ? `${source.path} ${source.times} times` : source.path;
}

async function shaderInvalid(
  kernel: KernelIdentity,
  module: GPUShaderModule,
  cause: unknown,
): Promise<StillroomError> {
  const messages = await module.getCompilationInfo().then(
    (info) => info.messages.map((message) => `${message.lineNum}:${message.linePos} ${message.message}`),
    () => [],
  );
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StillroomError(
    {
      code: 'shader-invalid',
      problem: `The kernel ${kernel.name} does not compile on this adapter`,
      got: [...messages, reason].join('; '),
      remedy: 'Report this with the name of the adapter',
    },
    { cause },
  );
}
