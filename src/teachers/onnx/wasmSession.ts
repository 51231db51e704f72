/**
 * A teacher on the CPU: a session of the wasm provider that answers rows of samples. It blocks its thread while it
 * runs, so a page keeps it in a worker of its own (wasmTeacherClient.ts); Node and tests call it directly.
 */
import type { InferenceSession } from 'onnxruntime-web';
import type { Inputs } from '../../tensor/kernel.ts';
import type { NextToken, RowAnswers, RowTeacher } from '../rowTeacher.ts';
import { checkInputs, checkReading, hostFeeds, trialInputs } from './feeds.ts';
import { createSession, openingMs, tapShapes } from './opening.ts';
import { pastPairs, ReadText } from './past.ts';
import { exclusive, type LoadProgress, loadRuntime, messageOf, type Ort, tooLate } from './runtime.ts';
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
import { checkCausal, checkIds } from './tokens.ts';

export interface WasmTeacher extends RowTeacher {
  readonly info: TeacherInfo;
}

/**
 * Opens the model and runs it once. A model whose batch is called free and is not is run sample by sample.
 * Errors: `onnx-external-missing`, `onnx-refused`, `onnx-input-*`, `teacher-run`, `teacher-shape`, `teacher-deadline`.
 */
export async function openWasmTeacher(
  request: TeacherRequest,
  progress?: LoadProgress,
): Promise<WasmTeacher> {
  checkReading(request);
  const ort = await loadRuntime('cpu', progress);
  const model = instrumented(request, await tapShapes(ort, request));
  const teacher = new Teacher(ort, request, model);
  await teacher.open();
  return teacher;
}

const nothing = { dims: [], type: 'nothing' };
const onCpu: InferenceSession.SessionOptions = { executionProviders: ['wasm'] };

class Teacher implements WasmTeacher {
  readonly #ort: Ort;
  readonly #request: TeacherRequest;
  readonly #model: Uint8Array<ArrayBuffer>;
  readonly #names: readonly string[];
  #session: InferenceSession | null = null;
  #dims: InputDims = { sample: [], fixedBatch: null, positions: 1, tokens: null };
  #info: TeacherInfo | null = null;
  /** The text that is read on; null where the model keeps nothing of it. */
  #text: ReadText | null = null;
  #disposed = false;

  constructor(ort: Ort, request: TeacherRequest, model: Uint8Array<ArrayBuffer>) {
    this.#ort = ort;
    this.#request = request;
    this.#model = model;
    this.#names = outputNames(request.taps.length);
  }

  get info(): TeacherInfo {
    if (this.#info === null) throw new RangeError('the teacher is not open');
    return this.#info;
  }

  get classes(): number {
    return this.info.classes;
  }

  get batch(): number {
    return this.#dims.fixedBatch ?? this.#request.batch;
  }

  async open(): Promise<void> {
    const session = await this.#opened();
    this.#dims = inputDims(session.inputMetadata, this.#request);
    const { fixedBatch } = this.#dims;
    try {
      await this.#trial();
    } catch (cause) {
      const another = fixedBatch === null && this.batch > 1 && isOfTheRun(cause);
      if (!another) throw cause;
      this.#dims = { ...this.#dims, fixedBatch: 1 };
      await this.#trial();
    }
    const { tokens } = this.#dims;
    const pairs = pastPairs(this.#dims, session.outputMetadata);
    if (tokens !== null && pairs !== null) this.#text = new ReadText(this.#ort, tokens, pairs);
    const start = performance.now();
    await this.#trial();
    this.#info = { ...this.info, milliseconds: performance.now() - start, readsOn: pairs !== null };
    await this.#checkDecoder();
  }

  async answer(inputs: Inputs, n: number): Promise<RowAnswers> {
    const { classes, hiddenSizes } = this.info;
    checkInputs(inputs, n, this.#dims, classes);
    const { positions, fixedBatch } = this.#dims;
    const once = n === this.batch || (n > 0 && n < this.batch && fixedBatch === null);
    // The runtime's outputs are arrays of their own, which need no copy.
    if (once) return checked(await this.#run(inputs, n), classes);
    const size = sizeOf(this.#dims.sample);
    const logits = new Float32Array(n * positions * classes);
    const hidden = hiddenSizes.map((width) => {
      return { size: width, values: new Float32Array(n * positions * width) };
    });
    for (let row = 0; row < n; row += this.batch) {
      const rows = Math.min(this.batch, n - row);
      const part = await this.#run(inputs.subarray(row * size, (row + rows) * size), rows);
      const own = classes * positions;
      logits.set(part.logits.subarray(0, rows * own), row * own);
      part.hidden.forEach(({ values }, i) => {
        const width = (hiddenSizes[i] ?? 0) * positions;
        hidden[i]?.values.set(values.subarray(0, rows * width), row * width);
      });
    }
    return checked({ logits, hidden }, classes);
  }

  get next(): NextToken | undefined {
    const text = this.#text;
    return text === null ? undefined : (tokens, known) => this.#next(text, tokens, known);
  }

  dispose(): void {
    this.#disposed = true;
    void this.#discard();
  }

  async #trial(): Promise<void> {
    const start = performance.now();
    const answers = await this.#run(trialInputs(this.#dims, this.#request, this.batch), this.batch);
    this.#info = {
      classes: answers.logits.length / (this.batch * this.#dims.positions),
      hiddenSizes: answers.hidden.map(({ size }) => size),
      fixedBatch: this.#dims.fixedBatch,
      milliseconds: performance.now() - start,
      readsOn: false,
    };
  }

  /** A model that takes what was computed before is a decoder; of others it is seen by their answers. */
  async #checkDecoder(): Promise<void> {
    const { tokens, positions } = this.#dims;
    if (tokens === null || tokens.cached || positions === 1) return;
    const { classes } = this.info;
    const ids = trialInputs(this.#dims, this.#request, 1);
    const before = (await this.#run(ids, 1)).logits.subarray(0, positions * classes);
    ids[positions - 1] = ids[positions - 1] === 0 ? 1 : 0;
    const after = (await this.#run(ids, 1)).logits.subarray(0, positions * classes);
    checkCausal(before, after, classes);
  }

  /** One run over at most `batch` samples; a fixed batch is filled up with zeros, whose answers come back too. */
  async #run(inputs: Inputs, rows: number): Promise<RowAnswers> {
    const n = this.#dims.fixedBatch ?? rows;
    const { input, classes } = this.#request;
    const feeds = hostFeeds(this.#ort, this.#dims, input, inputs, n);
    return this.#answered(feeds, this.#names, (results) => {
      const take = (name: string, what: string, wanted: number | null) => {
        const tensor = results[name];
        const width = widthOf(what, tensor ?? nothing, n, this.#dims, wanted);
        return { size: width, values: tensor?.data as Float32Array<ArrayBuffer> };
      };
      const hidden = this.#request.taps.map((_, i) => {
        return take(hiddenOutput(i), 'hidden states', this.#info?.hiddenSizes[i] ?? null);
      });
      return { logits: take(logitsOutput, 'logits', classes ?? this.#info?.classes ?? null).values, hidden };
    });
  }

  async #next(text: ReadText, tokens: Uint32Array, known: number): Promise<Float32Array> {
    const { classes } = this.info;
    checkIds(tokens, classes);
    const feeds = text.feeds(tokens, known);
    return this.#answered(feeds, [logitsOutput, ...text.outputs], (results) => {
      const logits = results[logitsOutput]?.data as Float32Array;
      text.keep(tokens, results);
      const last = logits.slice(-classes);
      checkFinite('logits', last, classes);
      return last;
    });
  }

  async #answered<T>(
    feeds: InferenceSession.FeedsType,
    names: readonly string[],
    read: (results: InferenceSession.ReturnType) => T,
  ): Promise<T> {
    const session = await this.#opened();
    const { deadlineMs } = this.#request;
    const start = performance.now();
    try {
      const results = await exclusive(() => this.#call(session, feeds, names), deadlineMs);
      // The run blocks this thread, and with it the timer: a late answer is noticed only now.
      if (performance.now() - start > deadlineMs) throw tooLate(deadlineMs);
      return read(results);
    } catch (cause) {
      // A session that failed once may give its old error for the next, valid call.
      await this.#discard();
      throw cause;
    }
  }

  async #call(
    session: InferenceSession,
    feeds: InferenceSession.FeedsType,
    names: readonly string[],
  ): Promise<InferenceSession.ReturnType> {
    try {
      return await session.run(feeds, [...names]);
    } catch (cause) {
      throw runFailed('The teacher failed while it ran', cause, messageOf(cause));
    }
  }

  async #opened(): Promise<InferenceSession> {
    if (this.#disposed) throw new RangeError('the teacher was disposed of');
    this.#session ??= await exclusive(
      () => createSession(this.#ort, this.#request, this.#model, onCpu),
      openingMs,
    );
    return this.#session;
  }

  async #discard(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    this.#text?.forget();
    await session?.release();
  }
}

/** Errors: `teacher-nan`. */
function checked(answers: RowAnswers, classes: number): RowAnswers {
  checkFinite('logits', answers.logits, classes);
  for (const { size, values } of answers.hidden) checkFinite('hidden states', values, size);
  return answers;
}
