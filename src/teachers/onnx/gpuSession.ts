/**
 * A teacher on the GPU: one session on the engine's own device. It reads the gathered batch where it lies and writes
 * logits and hidden states into the buffers that the losses read, so nothing passes through the CPU. A model with a
 * batch of its own gets copies from GPU to GPU, which are counted.
 */
import type { InferenceSession, Tensor } from 'onnxruntime-web';
import { StillroomError } from '../../spec/errors.ts';
import type { Inputs } from '../../tensor/kernel.ts';
import { checkInputs, checkReading, hostFeeds, trialInputs } from './feeds.ts';
import { createSession, openingMs, tapShapes } from './opening.ts';
import { exclusive, type LoadProgress, loadRuntime, messageOf, type Ort } from './runtime.ts';
import {
  checkFinite,
  hiddenOutput,
  type InputDims,
  inputDims,
  instrumented,
  logitsOutput,
  outputNames,
  runFailed,
  sizeOf,
  type TeacherInfo,
  type TeacherRequest,
  widthOf,
} from './session.ts';

/** Buffers of the engine's device for one batch: float32, `batch` samples each. They may be longer. */
export interface BatchBuffers {
  /** Not read where samples are tokens, which come from the host with all that goes with them. */
  readonly input: GPUBuffer;
  readonly logits: GPUBuffer;
  /** In the order of the taps. */
  readonly hidden: readonly GPUBuffer[];
}

export interface GpuTeacher {
  readonly info: TeacherInfo;
  /** From now on batches are read and answered here. Errors: RangeError for a buffer that is too short. */
  bind(buffers: BatchBuffers): void;
  /** GPU-to-GPU copies that an answer takes; 0 where the model uses the bound buffers themselves. */
  readonly copies: number;
  /**
   * Answers the batch as it lies in the bound buffers, after all that was submitted, or these tokens of it. Resolves when the work is
   * submitted. The first answers after a `bind` are read once and must be finite; of later ones only the losses that
   * read them can tell. Errors: `teacher-run`, `teacher-deadline`, `teacher-nan`, `device-lost`, `lm-ids`.
   */
  answer(tokens?: Inputs): Promise<void>;
  dispose(): Promise<void>;
}

/** GPUBufferUsage: STORAGE 128, COPY_SRC 4, COPY_DST 8. */
const usage = 128 | 4 | 8;
const bytesPerNumber = 4;

/**
 * Opens the model on this device and runs it once. Errors: those of `openWasmTeacher`, and `device-lost`. A model with
 * a loop does not belong here: nothing can stop it.
 */
export async function openGpuTeacher(
  device: GPUDevice,
  request: TeacherRequest,
  progress?: LoadProgress,
): Promise<GpuTeacher> {
  checkReading(request);
  const ort = await loadRuntime('gpu', progress);
  const model = instrumented(request, await tapShapes(ort, request));
  const teacher = new Teacher(ort, device, request, model);
  try {
    await teacher.open();
  } catch (cause) {
    await teacher.dispose();
    throw cause;
  }
  return teacher;
}

/** One run: rows `from` to `from + rows` of the batch. */
interface Chunk {
  readonly from: number;
  readonly rows: number;
}

interface Bound {
  readonly buffers: BatchBuffers;
  readonly feeds: InferenceSession.OnnxValueMapType;
  readonly fetches: InferenceSession.OnnxValueMapType;
  /** Empty where the runs use the buffers themselves. */
  readonly chunks: readonly Chunk[];
}

class Teacher implements GpuTeacher {
  readonly #ort: Ort;
  readonly #device: GPUDevice;
  readonly #request: TeacherRequest;
  readonly #model: Uint8Array<ArrayBuffer>;
  readonly #lost: Promise<never>;
  #session: InferenceSession | null = null;
  #dims: InputDims = { sample: [], fixedBatch: null, positions: 1, tokens: null };
  #info: TeacherInfo | null = null;
  #bound: Bound | null = null;
  /** The bound buffers have held answers that were finite. */
  #checked = false;
  /** Our buffers for a model with a batch of its own. */
  #staging: BatchBuffers | null = null;

  constructor(ort: Ort, device: GPUDevice, request: TeacherRequest, model: Uint8Array<ArrayBuffer>) {
    this.#ort = ort;
    this.#device = device;
    this.#request = request;
    this.#model = model;
    this.#lost = device.lost.then((info) => {
      throw deviceLost(info.message || info.reason);
    });
    this.#lost.catch(() => undefined);
  }

  get info(): TeacherInfo {
    if (this.#info === null) throw new RangeError('the teacher is not open');
    return this.#info;
  }

  get copies(): number {
    const chunks = this.#bound?.chunks.length ?? 0;
    return chunks * (2 + this.#request.taps.length);
  }

  async open(): Promise<void> {
    const session = await this.#opened();
    this.#dims = inputDims(session.inputMetadata, this.#request);
    try {
      await this.#trial();
    } catch (cause) {
      const another = this.#dims.fixedBatch === null && this.#request.batch > 1 && isOfTheRun(cause);
      if (!another) throw cause;
      this.#dims = { ...this.#dims, fixedBatch: 1 };
      await this.#trial();
    }
  }

  bind(buffers: BatchBuffers): void {
    const { batch } = this.#request;
    const { classes, hiddenSizes, fixedBatch } = this.info;
    const wanted = this.#widths(classes, hiddenSizes);
    checkRoom(buffers, wanted, batch);
    this.#checked = false;
    if (fixedBatch === null || fixedBatch === batch) {
      this.#bound = { buffers, ...this.#tensors(buffers, wanted, batch), chunks: [] };
      return;
    }
    this.#staging ??= this.#stage(wanted, fixedBatch);
    const chunks = Array.from({ length: Math.ceil(batch / fixedBatch) }, (_, i) => {
      return { from: i * fixedBatch, rows: Math.min(fixedBatch, batch - i * fixedBatch) };
    });
    this.#bound = { buffers, ...this.#tensors(this.#staging, wanted, fixedBatch), chunks };
  }

  async answer(tokens?: Inputs): Promise<void> {
    const bound = this.#bound;
    if (bound === null) throw new RangeError('no buffers are bound');
    if (this.#dims.tokens !== null)
      checkInputs(tokens ?? new Uint32Array(), this.#request.batch, this.#dims, this.info.classes);
    await this.#answer(bound, tokens);
    if (this.#checked) return;
    await this.#check(bound.buffers);
    this.#checked = true;
  }

  async dispose(): Promise<void> {
    this.#bound = null;
    destroy(this.#staging);
    this.#staging = null;
    await this.#discard();
  }

  async #answer({ buffers, chunks, feeds, fetches }: Bound, tokens?: Inputs): Promise<void> {
    const { deadlineMs, batch, input } = this.#request;
    const { classes, hiddenSizes } = this.info;
    const widths = this.#widths(classes, hiddenSizes);
    const given = (from: number, rows: number, n: number) => {
      if (tokens === undefined || this.#dims.tokens === null) return feeds;
      const own = tokens.subarray(from * widths.input, (from + rows) * widths.input);
      return hostFeeds(this.#ort, this.#dims, input, own, n);
    };
    if (chunks.length === 0) {
      await this.#run(given(0, batch, batch), fetches, deadlineMs);
      return;
    }
    for (const chunk of chunks) {
      const own = given(chunk.from, chunk.rows, this.#dims.fixedBatch ?? batch);
      if (own === feeds) this.#copyIn(buffers, chunk, widths.input);
      await this.#run(own, fetches, deadlineMs);
      this.#copyOut(buffers, chunk, widths);
    }
  }

  /** Errors: `teacher-nan`. */
  async #check({ logits, hidden }: BatchBuffers): Promise<void> {
    const { classes, hiddenSizes } = this.info;
    const batch = this.#request.batch * this.#dims.positions;
    checkFinite('logits', await this.#numbers(logits, batch * classes), classes);
    for (const [i, buffer] of hidden.entries()) {
      const width = hiddenSizes[i] ?? 0;
      checkFinite('hidden states', await this.#numbers(buffer, batch * width), width);
    }
  }

  async #numbers(source: GPUBuffer, count: number): Promise<Float32Array> {
    const size = count * bytesPerNumber;
    // MAP_READ 1 and COPY_DST 8; 1 is GPUMapMode.READ.
    const staging = this.#device.createBuffer({ label: 'teacher check', size, usage: 1 | 8 });
    try {
      const encoder = this.#device.createCommandEncoder({ label: 'teacher check' });
      encoder.copyBufferToBuffer(source, 0, staging, 0, size);
      this.#device.queue.submit([encoder.finish()]);
      await Promise.race([staging.mapAsync(1), this.#lost]);
      return new Float32Array(staging.getMappedRange().slice(0));
    } finally {
      staging.destroy();
    }
  }

  /** A run whose outputs the runtime places itself: tells their sizes, and compiles the kernels. */
  async #trial(): Promise<void> {
    const { batch, classes, taps, input } = this.#request;
    const { fixedBatch } = this.#dims;
    const n = fixedBatch ?? batch;
    const feeds = hostFeeds(this.#ort, this.#dims, input, trialInputs(this.#dims, this.#request, n), n);
    const once = async () => {
      const results = await this.#run(feeds, outputNames(taps.length), openingMs);
      const width = (name: string, what: string, wanted: number | null) =>
        widthOf(what, results[name] ?? { dims: [], type: 'nothing' }, n, this.#dims, wanted);
      const sizes = {
        classes: width(logitsOutput, 'logits', classes),
        hiddenSizes: taps.map((_, i) => width(hiddenOutput(i), 'hidden states', null)),
      };
      // Not given back, each run would keep its buffers.
      for (const tensor of Object.values(results)) tensor.dispose();
      return sizes;
    };
    const sizes = await once();
    await this.#device.queue.onSubmittedWorkDone();
    const start = performance.now();
    await once();
    await this.#device.queue.onSubmittedWorkDone();
    const runs = Math.ceil(batch / n);
    this.#info = { ...sizes, fixedBatch, milliseconds: (performance.now() - start) * runs };
  }

  async #run(
    feeds: InferenceSession.OnnxValueMapType,
    fetches: InferenceSession.OnnxValueMapType | readonly string[],
    deadlineMs: number,
  ): Promise<InferenceSession.ReturnType> {
    const session = await this.#opened();
    const names = Array.isArray(fetches) ? [...fetches] : fetches;
    try {
      // A run on a lost device resolves as if nothing had happened.
      return await exclusive(
        () => Promise.race([session.run(feeds, names as string[]), this.#lost]),
        deadlineMs,
      );
    } catch (cause) {
      // A session that failed once gives its old error for the next, valid call.
      await this.#discard();
      if (cause instanceof StillroomError) throw cause;
      throw runFailed('The teacher failed while it ran on the GPU', cause, messageOf(cause));
    }
  }

  async #opened(): Promise<InferenceSession> {
    const options = onDevice(this.#device);
    this.#session ??= await exclusive(
      () => createSession(this.#ort, this.#request, this.#model, options),
      openingMs,
    );
    return this.#session;
  }

  async #discard(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    await session?.release().catch(() => undefined);
  }

  #widths(classes: number, hidden: readonly number[]): Widths {
    const { sample, positions } = this.#dims;
    const all = hidden.map((width) => positions * width);
    return { input: sizeOf(sample), logits: positions * classes, hidden: all };
  }

  #tensors(buffers: BatchBuffers, widths: Widths, n: number): Pick<Bound, 'feeds' | 'fetches'> {
    const { sample, positions, tokens } = this.#dims;
    const tensor = (gpuBuffer: GPUBuffer, dims: readonly number[]): Tensor =>
      this.#ort.Tensor.fromGpuBuffer(gpuBuffer, { dataType: 'float32', dims });
    const rows = (gpuBuffer: GPUBuffer, width: number) =>
      tensor(gpuBuffer, tokens === null ? [n, width] : [n, positions, width / positions]);
    const fetches: Record<string, Tensor> = { [logitsOutput]: rows(buffers.logits, widths.logits) };
    buffers.hidden.forEach((buffer, i) => {
      fetches[hiddenOutput(i)] = rows(buffer, widths.hidden[i] ?? 0);
    });
    const feeds = tokens === null ? { [this.#request.input]: tensor(buffers.input, [n, ...sample]) } : {};
    return { feeds, fetches };
  }

  #stage(widths: Widths, rows: number): BatchBuffers {
    const make = (label: string, width: number) =>
      this.#device.createBuffer({ label: `teacher ${label}`, size: roundUp(rows * width), usage });
    return {
      input: make('input', widths.input),
      logits: make('logits', widths.logits),
      hidden: widths.hidden.map((width, i) => make(`hidden ${i}`, width)),
    };
  }

  #copyIn(buffers: BatchBuffers, { from, rows }: Chunk, width: number): void {
    if (this.#staging === null) return;
    const row = width * bytesPerNumber;
    const encoder = this.#device.createCommandEncoder({ label: 'teacher input' });
    encoder.copyBufferToBuffer(buffers.input, from * row, this.#staging.input, 0, rows * row);
    this.#device.queue.submit([encoder.finish()]);
  }

  #copyOut(buffers: BatchBuffers, { from, rows }: Chunk, widths: Widths): void {
    const staging = this.#staging;
    if (staging === null) return;
    const encoder = this.#device.createCommandEncoder({ label: 'teacher answers' });
    const copy = (source: GPUBuffer | undefined, target: GPUBuffer, width: number) => {
      const row = width * bytesPerNumber;
      if (source !== undefined) encoder.copyBufferToBuffer(source, 0, target, from * row, rows * row);
    };
    copy(staging.logits, buffers.logits, widths.logits);
    buffers.hidden.forEach((target, i) => {
      copy(staging.hidden[i], target, widths.hidden[i] ?? 0);
    });
    this.#device.queue.submit([encoder.finish()]);
  }
}

/** Numbers of one sample, of all its positions. */
interface Widths {
  readonly input: number;
  readonly logits: number;
  readonly hidden: readonly number[];
}

/** The one place that hands the runtime our device. */
function onDevice(device: GPUDevice): InferenceSession.SessionOptions {
  return { executionProviders: [{ name: 'webgpu', device }], preferredOutputLocation: 'gpu-buffer' };
}

function checkRoom(buffers: BatchBuffers, widths: Widths, rows: number): void {
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

function destroy(buffers: BatchBuffers | null): void {
  if (buffers === null) return;
  for (const buffer of [buffers.input, buffers.logits, ...buffers.hidden]) buffer.destroy();
}

/** The runtime's own buffers come in steps of 16 bytes. */
function roundUp(numbers: number): number {
  return Math.ceil((numbers * bytesPerNumber) / 16) * 16;
}

function isOfTheRun(cause: unknown): boolean {
  return cause instanceof StillroomError && (cause.code === 'teacher-run' || cause.code === 'teacher-shape');
}

function deviceLost(got: string): StillroomError {
  return new StillroomError({
    code: 'device-lost',
    problem: 'The GPU was lost while the teacher answered',
    got,
    remedy: 'Play goes on from the last checkpoint',
  });
}
