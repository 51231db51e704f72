/**
 * The command buffer that is being recorded: dispatches, and between them small writes, which lie in a staging buffer until
 * it is submitted and are copied in their turn. It decides nothing about when it is submitted.
 */

export interface Dispatch {
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly workgroups: readonly [number, number, number];
}

/** Writes of one command buffer, in bytes: the row numbers and live windows of many steps. */
const stagingBytes = 2 ** 16;
/** GPUBufferUsage as numbers: COPY_SRC 4, COPY_DST 8. */
const stagingUsage = 4 | 8;

type CreateBuffer = (descriptor: GPUBufferDescriptor) => GPUBuffer;

export class Recorder {
  readonly #device: GPUDevice;
  readonly #create: CreateBuffer;
  readonly #bytes = new Uint8Array(stagingBytes);
  #staging: GPUBuffer | null = null;
  #staged = 0;
  #encoder: GPUCommandEncoder | null = null;
  #pass: GPUComputePassEncoder | null = null;
  /** Of the pass. */
  #pipeline: GPUComputePipeline | null = null;
  #dispatches = 0;

  /** `create` answers for what becomes of a refusal. */
  constructor(device: GPUDevice, create: CreateBuffer) {
    this.#device = device;
    this.#create = create;
  }

  /** `most` dispatches in a command buffer; more begin another. */
  dispatch(dispatches: readonly Dispatch[], most: number): void {
    for (const { pipeline, group, workgroups } of dispatches) {
      if (this.#dispatches >= most) this.submit();
      this.#encoder ??= this.#device.createCommandEncoder();
      this.#pass ??= this.#encoder.beginComputePass();
      if (pipeline !== this.#pipeline) this.#pass.setPipeline(pipeline);
      this.#pipeline = pipeline;
      this.#pass.setBindGroup(0, group);
      this.#pass.dispatchWorkgroups(workgroups[0], workgroups[1], workgroups[2]);
      this.#dispatches += 1;
    }
  }

  /** After what is recorded, before what will be. `offset` in bytes. */
  write(buffer: GPUBuffer, offset: number, data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>): void {
    const { buffer: bytes, byteOffset, byteLength } = data;
    if (this.#staged + byteLength > stagingBytes) this.submit();
    if (this.#encoder === null) {
      // Bytes are taken as they are; over a view of them Dawn in Node takes twice as long.
      this.#device.queue.writeBuffer(buffer, offset, bytes, byteOffset, byteLength);
      return;
    }
    this.#staging ??= this.#create({ label: 'writes', size: stagingBytes, usage: stagingUsage });
    this.#endPass();
    this.#bytes.set(new Uint8Array(bytes, byteOffset, byteLength), this.#staged);
    this.#encoder.copyBufferToBuffer(this.#staging, this.#staged, buffer, offset, byteLength);
    this.#staged += byteLength;
  }

  /** As it stands after what is recorded. Both offsets and `bytes` are multiples of 4. */
  copy(source: GPUBuffer, offset: number, into: GPUBuffer, bytes: number): void {
    this.#endPass();
    this.#encoder ??= this.#device.createCommandEncoder();
    this.#encoder.copyBufferToBuffer(source, offset, into, 0, bytes);
  }

  /** What is recorded, if anything. */
  submit(): void {
    if (this.#encoder === null) return;
    this.#endPass();
    const { queue } = this.#device;
    if (this.#staging !== null && this.#staged > 0)
      queue.writeBuffer(this.#staging, 0, this.#bytes.buffer, 0, this.#staged);
    queue.submit([this.#encoder.finish()]);
    this.#encoder = null;
    [this.#staged, this.#dispatches] = [0, 0];
  }

  /** Frees what waits for other writes; after `submit`. */
  trim(): void {
    this.#staging?.destroy();
    this.#staging = null;
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = null;
    this.#pipeline = null;
  }
}
