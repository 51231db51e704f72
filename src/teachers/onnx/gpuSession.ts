/**
 * A teacher on the GPU: one session on the engine's own device. It reads the gathered batch where it lies and writes
 * logits and hidden states into the buffers that the losses read, so nothing passes through the CPU. A model with a
 * batch of its own gets copies from GPU to GPU, which are counted.
 */
import type { InferenceSession, Tensor } from 'onnxruntime-web';
import { StillroomError } from '../../spec/errors.ts';
import type { Inputs } from '../../tensor/kernel.ts';
import type { NextToken } from '../rowTeacher.ts';
import { checkInputs, checkReading, hostFeeds, trialInputs } from './feeds.ts';
import {
  type BatchBuffers,
  bytesPerNumber,
  type Chunk,
  checkRoom,
  Staging,
  type Widths,
} from './gpuStaging.ts';
import { createSession, openingMs, tapShapes } from './opening.ts';
import { pastPairs, ReadText } from './past.ts';
import { exclusive, type LoadProgress, loadRuntime, messageOf, type Ort } from './runtime.ts';
import {
  checkFinite,
  hiddenOutput,
  type InputDims,
  inputDims,
  instrumented,
  isOfTheRun,
  logitsOutput,
  outputNames,
  runFailed,
  sizeOf,
  type TeacherInfo,
  type TeacherRequest,
  widthOf,
} from './session.ts';
import { checkIds } from './tokens.ts';

export interface GpuTeacher {
  readonly info: TeacherInfo;
  /** From now on batches are read and answered here. Errors: RangeError for a buffer that is too short. */
  bind(buffers: BatchBuffers): void;
  /** GPU-to-GPU copies that an answer takes; 0 where the model uses the bound buffers themselves. */
  readonly copies: number;
  /** Words of each number of an input: 2 where samples are tokens of 64 bits. */
  readonly inputWords: number;
  /** It reads the batch where it lies; else it has to be told the tokens. */
  readonly readsBatch: boolean;
  /**
   * Answers the batch as it lies in the bound buffers, after all that was submitted, or these tokens in its place. Resolves when the
   * work is submitted. The first answers after a `bind` are read once and must be finite; of later ones only the losses that
   * read them can tell. Errors: `teacher-run`, `teacher-deadline`, `teacher-nan`, `device-lost`, `lm-ids`.
   */
  answer(tokens?: Inputs): Promise<void>;
  /**
   * Reads one text on; what was computed of it stays on the GPU, and the logits of its last token alone are read. Absent where
   * the model keeps nothing of what it has read.
   */
  readonly next: NextToken | undefined;
  dispose(): Promise<void>;
}

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
  /** For a model with a batch of its own. */
  #staging: Staging | null = null;
  /** The text that is read on; null where the model keeps nothing of it. */
  #text: ReadText | null = null;
  readsBatch = true;

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

  get inputWords(): number {
    return this.#dims.tokens?.ids.dtype === 'int64' ? 2 : 1;
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
    const { tokens } = this.#dims;
    const pairs = pastPairs(this.#dims, session.outputMetadata);
    if (tokens === null || pairs === null) return;
    this.#text = new ReadText(this.#ort, tokens, pairs);
    this.#info = { ...this.info, readsOn: true };
  }

  get next(): NextToken | undefined {
    const text = this.#text;
    return text === null ? undefined : (tokens, known) => this.#next(text, tokens, known);
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
    this.#staging ??= new Staging(this.#device, wanted, fixedBatch);
    const chunks = Array.from({ length: Math.ceil(batch / fixedBatch) }, (_, i) => {
      return { from: i * fixedBatch, rows: Math.min(fixedBatch, batch - i * fixedBatch) };
    });
    this.#bound = { buffers, ...this.#tensors(this.#staging.buffers, wanted, fixedBatch), chunks };
  }

  async answer(tokens?: Inputs): Promise<void> {
    const bound = this.#bound;
    if (bound === null) throw new RangeError('no buffers are bound');
    if (tokens !== undefined) checkInputs(tokens, this.#request.batch, this.#dims, this.info.classes);
    else if (!this.readsBatch) throw new RangeError('this model has to be told its tokens');
    await this.#answer(bound, tokens);
    if (this.#checked) return;
    await this.#check(bound.buffers);
    this.#checked = true;
  }

  async dispose(): Promise<void> {
    this.#bound = null;
    this.#staging?.dispose();
    this.#staging = null;
    await this.#discard();
  }

  async #answer({ buffers, chunks, feeds, fetches }: Bound, tokens?: Inputs): Promise<void> {
    const { deadlineMs, batch, input } = this.#request;
    const given = (from: number, rows: number, n: number) => {
      if (tokens === undefined || this.#dims.tokens === null) return feeds;
      const size = sizeOf(this.#dims.sample);
      const own = tokens.subarray(from * size, (from + rows) * size);
      return hostFeeds(this.#ort, this.#dims, input, own, n);
    };
    if (chunks.length === 0) {
      await this.#run(given(0, batch, batch), fetches, deadlineMs);
      return;
    }
    for (const chunk of chunks) {
      const own = given(chunk.from, chunk.rows, this.#dims.fixedBatch ?? batch);
      if (own === feeds) this.#staging?.copyIn(buffers, chunk);
      await this.#run(own, fetches, deadlineMs);
      this.#staging?.copyOut(buffers, chunk);
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

  async #numbers(source: GPUBuffer, count: number, from = 0): Promise<Float32Array> {
    const size = count * bytesPerNumber;
    // MAP_READ 1 and COPY_DST 8; 1 is GPUMapMode.READ.
    const staging = this.#device.createBuffer({ label: 'teacher check', size, usage: 1 | 8 });
    try {
      const encoder = this.#device.createCommandEncoder({ label: 'teacher check' });
      encoder.copyBufferToBuffer(source, from * bytesPerNumber, staging, 0, size);
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
    const given = trialInputs(this.#dims, this.#request, n);
    const fromHost = hostFeeds(this.#ort, this.#dims, input, given, n);
    const once = async (feeds: InferenceSession.FeedsType) => {
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
    const timed = async (feeds: InferenceSession.FeedsType) => {
      await this.#device.queue.onSubmittedWorkDone();
      const start = performance.now();
      await once(feeds);
      await this.#device.queue.onSubmittedWorkDone();
      return performance.now() - start;
    };
    const sizes = await once(fromHost);
    const runs = Math.ceil(batch / n);
    const milliseconds = runs * (await this.#fromBatch(given, fromHost, timed));
    this.#info = { ...sizes, fixedBatch, milliseconds, readsOn: false };
  }

  /** Tokens from a buffer of ours, as a batch will lie there; where the runtime does not take them so, from the host. */
  async #fromBatch(
    given: Inputs,
    fromHost: InferenceSession.FeedsType,
    timed: (feeds: InferenceSession.FeedsType) => Promise<number>,
  ): Promise<number> {
    this.readsBatch = true;
    if (!(given instanceof Uint32Array)) return timed(fromHost);
    const words = this.inputWords === 2 ? BigInt64Array.from(given, BigInt) : given;
    // STORAGE 128 and COPY_SRC 4, as a batch has them.
    const buffer = this.#device.createBuffer({
      ...{ label: 'teacher trial', size: words.byteLength, usage: 128 | 4, mappedAtCreation: true },
    });
    new Uint8Array(buffer.getMappedRange()).set(new Uint8Array(words.buffer));
    buffer.unmap();
    try {
      return await timed({ ...fromHost, ...this.#ids(buffer, given.length) });
    } catch (cause) {
      if (!(cause instanceof StillroomError && cause.code === 'teacher-run')) throw cause;
      this.readsBatch = false;
      await timed(fromHost);
      return timed(fromHost);
    } finally {
      buffer.destroy();
    }
  }

  /** So many tokens that lie in this buffer, by the name of the input. */
  #ids(gpuBuffer: GPUBuffer, count: number): Readonly<Record<string, Tensor>> {
    const { tokens, positions } = this.#dims;
    if (tokens === null) return {};
    const dataType = tokens.ids.dtype === 'int64' ? 'int64' : 'int32';
    const dims = [count / positions, positions];
    return { [tokens.ids.name]: this.#ort.Tensor.fromGpuBuffer(gpuBuffer, { dataType, dims }) };
  }

  async #next(text: ReadText, tokens: Uint32Array, known: number): Promise<Float32Array> {
    const { classes } = this.info;
    checkIds(tokens, classes);
    const names = [logitsOutput, ...text.outputs];
    const results = await this.#run(text.feeds(tokens, known), names, this.#request.deadlineMs);
    text.keep(tokens, results);
    const logits = results[logitsOutput];
    if (logits === undefined) throw new RangeError('a run without its output');
    // The copy is on its way before the buffer is given back.
    const last = this.#numbers(logits.gpuBuffer, classes, logits.size - classes);
    logits.dispose();
    const row = await last;
    checkFinite('logits', row, classes);
    return row;
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
    this.#text?.forget();
    await session?.release().catch(() => undefined);
  }

  #widths(classes: number, hidden: readonly number[]): Widths {
    const { sample, positions } = this.#dims;
    const all = hidden.map((width) => positions * width);
    return { input: this.inputWords * sizeOf(sample), logits: positions * classes, hidden: all };
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
    if (tokens === null)
      return { feeds: { [this.#request.input]: tensor(buffers.input, [n, ...sample]) }, fetches };
    // Mask and positions are those of every batch.
    const beside = hostFeeds(this.#ort, this.#dims, this.#request.input, new Uint32Array(), n);
    return { feeds: { ...beside, ...this.#ids(buffers.input, n * positions) }, fetches };
  }
}

/** The one place that hands the runtime our device. */
function onDevice(device: GPUDevice): InferenceSession.SessionOptions {
  return { executionProviders: [{ name: 'webgpu', device }], preferredOutputLocation: 'gpu-buffer' };
}

function deviceLost(got: string): StillroomError {
  return new StillroomError({
    code: 'device-lost',
    problem: 'The GPU was lost while the teacher answered',
    got,
    remedy: 'Play goes on from the last checkpoint',
  });
}
