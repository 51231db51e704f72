/**
 * The WebGPU executor: buffers, bind groups built once, and one submit a run. It decides nothing about what is
 * computed, and it does not choose an adapter (device.ts does).
 */
import { StillroomError } from '../spec/errors.ts';
import type { BoundProgram, Executor, Placement, Storage } from '../tensor/executor.ts';
import type { Dtype } from '../tensor/kernel.ts';
import { checkPlacements, disposedStorage, missingSlot, outOfMemory } from '../tensor/placements.ts';
import { aligned, type KernelCall, type Program, type Window } from '../tensor/program.ts';
import type { OpenedDevice } from './device.ts';
import { Pipelines } from './pipelines.ts';
import { Readback } from './readback.ts';
import { type Dispatch, Recorder } from './recorder.ts';
import { ShapeWindows, windowBytes } from './shapeWindows.ts';

/** GPUBufferUsage as numbers: COPY_SRC 4, COPY_DST 8, UNIFORM 64, STORAGE 128. */
const usage = { storage: 128 | 4 | 8, words: 128 | 64 | 4 | 8 } as const;
const bytesPerElement = 4;

interface GpuBoundProgram extends BoundProgram {
  readonly dispatches: readonly Dispatch[];
}

interface GpuStorage extends Storage {
  readonly buffer: GPUBuffer;
}

/** The GPU buffer of a storage, for whoever shares the device (a live teacher). Errors: RangeError for another executor's. */
export function gpuBuffer(storage: Storage): GPUBuffer {
  if (!('buffer' in storage)) throw new RangeError(`${storage.label} is not on a GPU`);
  return (storage as GpuStorage).buffer;
}

export class GpuExecutor implements Executor {
  readonly kind = 'gpu';
  readonly adapter;
  readonly lost: Promise<string>;
  readonly device: GPUDevice;
  dispatchesPerSubmit = Number.POSITIVE_INFINITY;
  #holds = false;
  readonly #recorder: Recorder;
  readonly #pipelines: Pipelines;
  readonly #readback: Readback;
  readonly #storages = new Set<Storage>();
  readonly #shapes: ShapeWindows;
  #allocations: Promise<void> = Promise.resolve();
  /** The fault before the first allocation that nobody has awaited yet; undefined where there is none such. */
  #faultBefore: string | null | undefined;
  #bytes = 0;
  #fault: string | null = null;
  /** Who waits for the queue. A race with `lost` itself would hold on to every one of them for ever. */
  readonly #waiting = new Set<() => void>();

  constructor(opened: OpenedDevice, textOf: (sources: readonly string[]) => string) {
    this.device = opened.device;
    this.adapter = opened.summary;
    this.#pipelines = new Pipelines(this.device, textOf);
    this.#recorder = new Recorder(this.device, (descriptor) => this.#create(descriptor));
    this.#readback = new Readback(this.device, this.#recorder);
    this.#shapes = new ShapeWindows((descriptor) => this.#create(descriptor), this.device.queue);
    this.lost = this.device.lost.then((info) => {
      for (const done of this.#waiting) done();
      return info.message || info.reason;
    });
    this.device.addEventListener('uncapturederror', (event) => {
      this.#fault ??= event.error.message;
    });
  }

  get holds(): boolean {
    return this.#holds;
  }

  set holds(holds: boolean) {
    this.#holds = holds;
    if (!holds) this.#recorder.submit();
  }

  get live(): { buffers: number; bytes: number } {
    return { buffers: this.#storages.size, bytes: this.#bytes };
  }

  allocate(label: string, dtype: Dtype, length: number): Storage {
    const size = aligned(Math.max(1, length)) * bytesPerElement;
    this.#checkSize(label, size);
    const buffer = this.#create({ label, size, usage: dtype === 'u32' ? usage.words : usage.storage });
    const storage: GpuStorage = { label, dtype, length, buffer, dispose: () => this.#release(storage, size) };
    this.#storages.add(storage);
    this.#bytes += size;
    return storage;
  }

  async allocated(): Promise<void> {
    const [pending, before] = [this.#allocations, this.#faultBefore];
    this.#allocations = Promise.resolve();
    this.#faultBefore = undefined;
    try {
      await pending;
    } catch (error) {
      // Commands over a buffer that was refused are refused too. Once they have been, that is no fault to be told of.
      await this.#drained();
      this.#fault = before ?? null;
      throw error;
    }
  }

  async prepare(
    programs: readonly Program[],
    progress?: (done: number, total: number) => void,
  ): Promise<void> {
    await this.#pipelines.compile(
      programs.flatMap((program) => program.calls),
      progress,
    );
  }

  bind(
    program: Program,
    placements: ReadonlyMap<string, Placement>,
    live?: { readonly storage: Storage; readonly offset: number },
  ): BoundProgram {
    checkPlacements(program, placements);
    const storages = new Set([...placements.values()].map(({ storage }) => storage));
    if (live !== undefined) storages.add(live.storage);
    for (const storage of storages) this.#bufferOf(storage);
    const shapes = this.#shapes.bind(program, storages);
    const dispatches = program.calls.map((call, i) => {
      const entries = call.args.map((arg, binding) => ({
        binding,
        resource: this.#resource(arg, placements),
      }));
      entries.push({
        binding: entries.length,
        resource: { buffer: shapes, offset: i * windowBytes, size: windowBytes },
      });
      if (call.kernel.live) entries.push({ binding: entries.length, resource: liveResource(call, live) });
      const layout = this.#pipelines.groupLayout(call.kernel);
      const group = this.device.createBindGroup({ label: call.kernel.name, layout, entries });
      return { pipeline: this.#pipelines.get(call), group, workgroups: call.workgroups };
    });
    const bound: GpuBoundProgram = { program, dispatches };
    return bound;
  }

  run(bound: readonly BoundProgram[]): void {
    for (const { dispatches } of bound as readonly GpuBoundProgram[])
      this.#recorder.dispatch(dispatches, this.dispatchesPerSubmit);
    if (!this.#holds) this.#recorder.submit();
  }

  write(storage: Storage, data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>, offset = 0): void {
    this.#recorder.write(this.#bufferOf(storage), offset * bytesPerElement, data);
  }

  async read(
    storage: Storage,
    offset = 0,
    length = storage.length - offset,
  ): Promise<Float32Array<ArrayBuffer>> {
    return new Float32Array(await this.#bytesOf(storage, offset, length));
  }

  async readWords(
    storage: Storage,
    offset = 0,
    length = storage.length - offset,
  ): Promise<Uint32Array<ArrayBuffer>> {
    return new Uint32Array(await this.#bytesOf(storage, offset, length));
  }

  async settled(): Promise<void> {
    await this.#drained();
    if (this.#fault === null) return;
    throw new StillroomError({
      code: 'gpu-fault',
      problem: 'The GPU refused a command',
      got: this.#fault,
      remedy: 'Report this with the name of the adapter',
    });
  }

  dispose(): void {
    for (const storage of [...this.#storages]) storage.dispose();
    this.#shapes.dispose();
    this.#readback.dispose();
    this.device.destroy();
  }

  /** Every command so far is done, or the device is lost. */
  #drained(): Promise<void> {
    this.#recorder.submit();
    return new Promise<void>((resolve) => {
      const done = () => {
        this.#waiting.delete(done);
        resolve();
      };
      this.#waiting.add(done);
      this.device.queue.onSubmittedWorkDone().then(done, done);
    });
  }

  /** What the device refuses later comes out of `allocated`. Errors: `out-of-memory` where it refuses at once. */
  #create(descriptor: GPUBufferDescriptor): GPUBuffer {
    const { label = 'a buffer', size } = descriptor;
    if (this.#faultBefore === undefined) this.#faultBefore = this.#fault;
    this.device.pushErrorScope('out-of-memory');
    try {
      return this.device.createBuffer(descriptor);
    } catch (cause) {
      throw outOfMemory(label, size, cause);
    } finally {
      const checked = this.device.popErrorScope().then((error) => {
        if (error !== null) throw outOfMemory(label, size);
      });
      this.#allocations = Promise.all([this.#allocations, checked]).then(() => undefined);
      // Whoever awaits `allocated` gets it; without a listener it would count as unhandled.
      this.#allocations.catch(() => undefined);
    }
  }

  /** Errors: `storage-disposed`. */
  #bufferOf(storage: Storage): GPUBuffer {
    if (!this.#storages.has(storage)) throw disposedStorage(storage.label);
    return gpuBuffer(storage);
  }

  async #bytesOf(storage: Storage, offset: number, length: number): Promise<ArrayBuffer> {
    const [start, size] = [offset * bytesPerElement, length * bytesPerElement];
    const bytes = await this.#readback.read(this.#bufferOf(storage), start, size);
    if (this.#storages.size === 0) this.#readback.trim();
    return bytes;
  }

  #resource(arg: Window, placements: ReadonlyMap<string, Placement>): GPUBufferBinding {
    const placement = placements.get(arg.slot);
    if (placement === undefined) throw missingSlot(arg.slot);
    const buffer = gpuBuffer(placement.storage);
    const offset = ((placement.offset ?? 0) + arg.offset) * bytesPerElement;
    // Up to the end of the padding, so that kernels may load whole vectors.
    const size = Math.min(aligned(arg.length) * bytesPerElement, buffer.size - offset);
    return { buffer, offset, size };
  }

  #release(storage: GpuStorage, size: number): void {
    if (!this.#storages.delete(storage)) return;
    this.#bytes -= size;
    // What is recorded may still use it.
    this.#recorder.submit();
    this.#shapes.release(storage);
    storage.buffer.destroy();
    if (this.#storages.size > 0) return;
    // With the last storage goes what was kept for the next reading and the next writes.
    this.#readback.trim();
    this.#recorder.trim();
  }

  #checkSize(label: string, size: number): void {
    const most = Math.min(this.adapter.maxBinding, this.adapter.maxBuffer);
    if (size <= most) return;
    throw new StillroomError({
      code: 'binding-too-large',
      problem: `${label} is larger than this adapter binds`,
      got: `${Math.ceil(size / 2 ** 20)} MiB`,
      wanted: `at most ${Math.floor(most / 2 ** 20)} MiB`,
      remedy: 'Choose a smaller batch, a narrower student or fewer rows',
    });
  }
}

function liveResource(
  call: KernelCall,
  live?: { readonly storage: Storage; readonly offset: number },
): GPUBufferBinding {
  if (live === undefined) throw missingSlot(`live of ${call.kernel.name}`);
  return { buffer: gpuBuffer(live.storage), offset: live.offset * bytesPerElement, size: windowBytes };
}
