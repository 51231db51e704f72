/** Reads storage buffers back through a pool of mappable ones, several at once. Never called inside a step. */
import { StillroomError } from '../spec/errors.ts';

export class Readback {
  readonly #device: GPUDevice;
  readonly #free = new Map<number, GPUBuffer[]>();
  readonly #all = new Set<GPUBuffer>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Copies `bytes` from `offset` (both multiples of 4) as they stand after everything submitted. Errors: `device-lost`. */
  async read(source: GPUBuffer, offset: number, bytes: number): Promise<ArrayBuffer> {
    const size = 2 ** Math.ceil(Math.log2(Math.max(256, bytes)));
    const staging = this.#free.get(size)?.pop() ?? this.#create(size);
    const encoder = this.#device.createCommandEncoder({ label: 'readback' });
    encoder.copyBufferToBuffer(source, offset, staging, 0, bytes);
    this.#device.queue.submit([encoder.finish()]);
    try {
      // 1 is GPUMapMode.READ; the constant object does not exist in every host.
      await staging.mapAsync(1, 0, bytes);
      const copy = staging.getMappedRange(0, bytes).slice(0);
      staging.unmap();
      this.#giveBack(size, staging);
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

  dispose(): void {
    for (const buffer of this.#all) buffer.destroy();
    this.#all.clear();
    this.#free.clear();
  }

  #create(size: number): GPUBuffer {
    // 1 | 8: MAP_READ and COPY_DST.
    const buffer = this.#device.createBuffer({ label: 'readback', size, usage: 1 | 8 });
    this.#all.add(buffer);
    return buffer;
  }

  #giveBack(size: number, buffer: GPUBuffer): void {
    const list = this.#free.get(size);
    if (list === undefined) this.#free.set(size, [buffer]);
    else list.push(buffer);
  }
}
