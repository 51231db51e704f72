/** Reads storage buffers back through a pool of mappable ones, several at once. Never called inside a step. */
import { StillroomError } from '../spec/errors.ts';
import { outOfMemory } from '../tensor/placements.ts';
import type { Recorder } from './recorder.ts';

export class Readback {
  readonly #device: GPUDevice;
  readonly #free = new Map<number, GPUBuffer[]>();
  readonly #all = new Set<GPUBuffer>();
  readonly #recorder: Recorder;
  /** Readings of one moment go together. */
  #submitted: Promise<void> | null = null;

  /** What `recorder` has recorded is read as it will be. */
  constructor(device: GPUDevice, recorder: Recorder) {
    this.#device = device;
    this.#recorder = recorder;
  }

  /**
   * Copies `bytes` from `offset` (both multiples of 4) as they stand after everything submitted. Errors: `device-lost`,
   * `out-of-memory`, `gpu-fault`.
   */
  async read(source: GPUBuffer, offset: number, bytes: number): Promise<ArrayBuffer> {
    const size = 2 ** Math.ceil(Math.log2(Math.max(256, bytes)));
    const staging = this.#free.get(size)?.pop();
    if (staging !== undefined) {
      this.#recorder.copy(source, offset, staging, bytes);
      return this.#mapped(staging, bytes, this.#soon());
    }
    this.#recorder.submit();
    // What is refused because the new buffer was refused stays within the scopes. They close before anything is awaited.
    this.#device.pushErrorScope('validation');
    this.#device.pushErrorScope('out-of-memory');
    const copied = this.#createAndCopy(source, offset, bytes, size);
    const scopes = [this.#device.popErrorScope(), this.#device.popErrorScope()];
    await Promise.allSettled([copied]);
    const [memory, invalid] = await Promise.all(scopes.map((scope) => scope.catch(() => null)));
    if (memory) throw outOfMemory('reading results back', size);
    if (invalid) {
      const problem = 'The GPU refused to copy results';
      throw new StillroomError({ code: 'gpu-fault', problem, got: invalid.message });
    }
    return copied;
  }

  /** Frees what waits for another reading. */
  trim(): void {
    for (const buffer of [...this.#free.values()].flat()) {
      this.#all.delete(buffer);
      buffer.destroy();
    }
    this.#free.clear();
  }

  dispose(): void {
    for (const buffer of this.#all) buffer.destroy();
    this.#all.clear();
    this.#free.clear();
  }

  /** All of it up to the mapping happens at once. */
  async #createAndCopy(source: GPUBuffer, offset: number, bytes: number, size: number): Promise<ArrayBuffer> {
    const staging = this.#create(size);
    this.#recorder.copy(source, offset, staging, bytes);
    this.#recorder.submit();
    return this.#mapped(staging, bytes);
  }

  #soon(): Promise<void> {
    this.#submitted ??= Promise.resolve().then(() => {
      this.#submitted = null;
      this.#recorder.submit();
    });
    return this.#submitted;
  }

  async #mapped(staging: GPUBuffer, bytes: number, submitted?: Promise<void>): Promise<ArrayBuffer> {
    try {
      if (submitted !== undefined) await submitted;
      // 1 is GPUMapMode.READ; the constant object does not exist in every host.
      await staging.mapAsync(1, 0, bytes);
      const copy = staging.getMappedRange(0, bytes).slice(0);
      staging.unmap();
      this.#giveBack(staging);
      return copy;
    } catch (cause) {
      this.#all.delete(staging);
      staging.destroy();
      throw new StillroomError(
        {
          code: 'device-lost',
          problem: 'The GPU was lost while results were read',
          remedy: 'Play goes on from the last checkpoint',
        },
        { cause },
      );
    }
  }

  #create(size: number): GPUBuffer {
    try {
      // 1 | 8: MAP_READ and COPY_DST.
      const buffer = this.#device.createBuffer({ label: 'readback', size, usage: 1 | 8 });
      this.#all.add(buffer);
      return buffer;
    } catch (cause) {
      throw outOfMemory('reading results back', size, cause);
    }
  }

  #giveBack(buffer: GPUBuffer): void {
    const list = this.#free.get(buffer.size);
    if (list === undefined) this.#free.set(buffer.size, [buffer]);
    else list.push(buffer);
  }
}
