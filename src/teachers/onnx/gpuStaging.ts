/**
 * Buffers for one batch of a teacher on the GPU, and the copies from GPU to GPU for a model that has a batch of its own. It
 * runs no model.
 */

/** Buffers of the engine's device for one batch, `batch` samples each. They may be longer; all but `input` are float32. */
export interface BatchBuffers {
  /** float32; tokens as the model reads them, of which those of 64 bits have two words each. */
  readonly input: GPUBuffer;
  readonly logits: GPUBuffer;
  /** In the order of the taps. */
  readonly hidden: readonly GPUBuffer[];
}

/** Numbers of one sample, of all its positions; of the input words. */
export interface Widths {
  readonly input: number;
  readonly logits: number;
  readonly hidden: readonly number[];
}

/** One run: rows `from` to `from + rows` of the batch. */
export interface Chunk {
  readonly from: number;
  readonly rows: number;
}

/** GPUBufferUsage: STORAGE 128, COPY_SRC 4, COPY_DST 8. */
const usage = 128 | 4 | 8;
export const bytesPerNumber = 4;

export class Staging {
  readonly buffers: BatchBuffers;
  readonly #device: GPUDevice;
  readonly #widths: Widths;

  /** Room for `rows` samples. */
  constructor(device: GPUDevice, widths: Widths, rows: number) {
    this.#device = device;
    this.#widths = widths;
    const make = (label: string, width: number) =>
      device.createBuffer({ label: `teacher ${label}`, size: roundUp(rows * width), usage });
    this.buffers = {
      input: make('input', widths.input),
      logits: make('logits', widths.logits),
      hidden: widths.hidden.map((width, i) => make(`hidden ${i}`, width)),
    };
  }

  copyIn(batch: BatchBuffers, { from, rows }: Chunk): void {
    const row = this.#widths.input * bytesPerNumber;
    const encoder = this.#device.createCommandEncoder({ label: 'teacher input' });
    encoder.copyBufferToBuffer(batch.input, from * row, this.buffers.input, 0, rows * row);
    this.#device.queue.submit([encoder.finish()]);
  }

  copyOut(batch: BatchBuffers, { from, rows }: Chunk): void {
    const encoder = this.#device.createCommandEncoder({ label: 'teacher answers' });
    const copy = (source: GPUBuffer | undefined, target: GPUBuffer, width: number) => {
      const row = width * bytesPerNumber;
      if (source !== undefined) encoder.copyBufferToBuffer(source, 0, target, from * row, rows * row);
    };
    copy(this.buffers.logits, batch.logits, this.#widths.logits);
    batch.hidden.forEach((target, i) => {
      copy(this.buffers.hidden[i], target, this.#widths.hidden[i] ?? 0);
    });
    this.#device.queue.submit([encoder.finish()]);
  }

  dispose(): void {
    const { input, logits, hidden } = this.buffers;
    for (const buffer of [input, logits, ...hidden]) buffer.destroy();
  }
}

/** Errors: RangeError for a buffer that is too short. */
export function checkRoom(buffers: BatchBuffers, widths: Widths, rows: number): void {
  const check = (buffer: GPUBuffer | undefined, width: number, name: string) => {
    const wanted = rows * width * bytesPerNumber;
    if (buffer !== undefined && buffer.size >= wanted) return;
    throw new RangeError(`the buffer for ${name} has ${buffer?.size ?? 0} bytes, and ${wanted} are needed`);
  };
  check(buffers.input, widths.input, 'the input');
  check(buffers.logits, widths.logits, 'the logits');
  widths.hidden.forEach((width, i) => {
    check(buffers.hidden[i], width, `hidden state ${i}`);
  });
}

/** The runtime's own buffers come in steps of 16 bytes. */
function roundUp(numbers: number): number {
  return Math.ceil((numbers * bytesPerNumber) / 16) * 16;
}
