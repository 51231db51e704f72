// Counts what crosses between host and GPU in the engine's worker, by its calls of WebGPU. It judges nothing.
import type { Page, Worker } from '@playwright/test';

interface Crossed {
  /** Bytes from host to GPU, and bytes mapped to be read, since the counting began. */
  readonly written: number;
  readonly read: number;
  /** The most in one call, and the most in one that reads. */
  readonly largest: number;
  readonly largestRead: number;
  /** Bytes of each call that reads. */
  readonly reads: readonly number[];
}

/** Counts from now on whatever this worker hands to a GPU or maps of it. */
export async function countCrossings(worker: Worker): Promise<() => Promise<Crossed>> {
  await worker.evaluate(() => {
    const crossed = { written: 0, read: 0, largest: 0, largestRead: 0, reads: [] as number[] };
    const note = (way: 'written' | 'read', bytes: number) => {
      crossed[way] += bytes;
      crossed.largest = Math.max(crossed.largest, bytes);
      if (way !== 'read') return;
      crossed.largestRead = Math.max(crossed.largestRead, bytes);
      crossed.reads.push(bytes);
    };
    const [queue, buffer, device] = [GPUQueue.prototype, GPUBuffer.prototype, GPUDevice.prototype];
    const { writeBuffer, writeTexture } = queue;
    queue.writeBuffer = function (to, at, data, from = 0, size) {
      const unit =
        ArrayBuffer.isView(data) && 'BYTES_PER_ELEMENT' in data ? Number(data.BYTES_PER_ELEMENT) : 1;
      note('written', size === undefined ? data.byteLength - from * unit : size * unit);
      return size === undefined
        ? writeBuffer.call(this, to, at, data as BufferSource, from)
        : writeBuffer.call(this, to, at, data as BufferSource, from, size);
    };
    queue.writeTexture = function (to, data, layout, size) {
      note('written', data.byteLength);
      return writeTexture.call(this, to, data as BufferSource, layout, size);
    };
    const { mapAsync } = buffer;
    buffer.mapAsync = function (this: GPUBuffer, mode, offset = 0, size = this.size - offset) {
      note(mode === GPUMapMode.READ ? 'read' : 'written', size);
      return mapAsync.call(this, mode, offset, size);
    };
    const { createBuffer } = device;
    device.createBuffer = function (descriptor) {
      if (descriptor.mappedAtCreation === true) note('written', descriptor.size);
      return createBuffer.call(this, descriptor);
    };
    Object.assign(globalThis, { crossed });
  });
  return () => worker.evaluate(() => ({ ...(globalThis as unknown as { crossed: Crossed }).crossed }));
}

export function engineOf(page: Page): Worker {
  const worker = page.workers().find((one) => one.url().includes('/engine-'));
  if (worker === undefined) throw new Error('the engine has no worker');
  return worker;
}
