/**
 * The engine's side of the conversation: commands in, events out, one run at a time. It knows no worker and no
 * WebGPU; a host hands it executors, files and ONNX sessions.
 */
import type { Command, ExecutorChoice, GivenFile } from '../protocol/commands.ts';
import type { Adapter, EngineEvent, FileInspection, Reply, TeacherFacts } from '../protocol/events.ts';
import { detailOf, type ErrorDetail, StillroomError } from '../spec/errors.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import type { RowTeacher } from '../teachers/rowTeacher.ts';
import type { Executor } from '../tensor/executor.ts';
import { armName } from './armSettings.ts';
import type { CheckpointStore } from './checkpoints/store.ts';
import { type ExportSource, exportRun } from './exports.ts';
import { measureSpeed, teacherTensors } from './inquiries.ts';
import { sortFiles } from './inspectFiles.ts';
import { Keeper } from './keeper.ts';
import { LogKeeper } from './logKeeper.ts';
import {
  type DatasetOfRun,
  type Prepared,
  prepareRun,
  type TeacherHost,
  type TeacherModel,
} from './prepare.ts';
import { Race } from './race.ts';
import { repeat } from './repeat.ts';
import { runFacts } from './runFacts.ts';
import { RunLoop } from './runLoop.ts';
import type { LiveTeacher, TrainerState } from './trainer.ts';

/** A teacher that answers each batch, opened for one trainer. */
export interface OpenedLiveTeacher extends LiveTeacher {
  readonly provider: NonNullable<TeacherFacts['provider']>;
  readonly milliseconds: number;
  dispose(): void;
}

export interface EngineHost extends TeacherHost {
  /** The best executor there is, with the reason where it is not a GPU. */
  openExecutor(choice: ExecutorChoice): Promise<{ executor: Executor; missing: ErrorDetail | null }>;
  /** Errors: those of ONNX sessions. */
  openLive(model: TeacherModel, race: Race): Promise<OpenedLiveTeacher>;
  data(spec: RunSpec, seed: number, files: readonly GivenFile[]): Promise<DatasetOfRun>;
  inspect(files: readonly GivenFile[]): Promise<FileInspection>;
  /** Where the page's files lie: the base of `asset`. */
  setAssets(base: string): void;
  readonly store: CheckpointStore;
  readonly versions: Readonly<Record<string, string>>;
}

/** Losses of the device within this time, in ms, that make the engine fall back further. */
const lossWindow = 180_000;

/** The rest of a loaded run, all made and freed together. */
interface Loaded {
  readonly race: Race;
  readonly loop: RunLoop;
  readonly prepared: Prepared;
  readonly files: readonly GivenFile[];
  readonly keeper: Keeper;
  readonly log: LogKeeper;
}

export class Session {
  readonly #host: EngineHost;
  readonly #emit: (event: EngineEvent) => void;
  #executor: Executor | null = null;
  #loaded: Loaded | null = null;
  #live: OpenedLiveTeacher | null = null;
  #rows: RowTeacher | null = null;
  #queue: Promise<void> = Promise.resolve();
  #choice: ExecutorChoice = 'auto';
  #losses: number[] = [];
  #repeating = false;

  constructor(host: EngineHost, emit: (event: EngineEvent) => void) {
    this.#host = host;
    this.#emit = emit;
  }

  /** Commands act in order; a pause and a ping do not wait for those before them. */
  handle(command: Command): void {
    if (command.type === 'ping') {
      this.#reply(command.id, { kind: 'pong' });
      return;
    }
    if (command.type === 'pause') {
      this.#repeating = false;
      this.#loaded?.loop.pause().catch(() => undefined);
    }
    this.#queue = this.#queue
      .then(() => this.#perform(command))
      .catch((error: unknown) => this.#fail(command, error));
  }

  /** Settles when everything asked so far is done, for tests and the command line. */
  idle(): Promise<void> {
    return this.#queue;
  }

  async #perform(command: Exclude<Command, { type: 'ping' }>): Promise<void> {
    switch (command.type) {
      case 'open':
        return this.#open(command.assets, command.executor);
      case 'load':
        return this.#load(command.spec, command.files, command.resume);
      case 'play':
        return this.#run().loop.play();
      case 'pause':
        return this.#loaded?.loop.pause();
      case 'step':
        return this.#run().loop.step(command.count);
      case 'rewind':
        return this.#rewind();
      case 'set':
        return this.#emit({
          type: 'setting',
          event: this.#run().race.trainer.set(command.path, command.value),
        });
      case 'live-teacher':
        return this.#liveTeacher(command.on);
      case 'repeat':
        return this.#repeat(command.count);
      case 'inspect':
        return this.#reply(command.id, {
          kind: 'inspection',
          inspection: await this.#host.inspect(command.files),
        });
      case 'tensors':
        return this.#reply(command.id, {
          kind: 'tensors',
          tensors: await teacherTensors(command.spec, teacherFiles(command.spec, command.files), this.#host),
        });
      case 'speed':
        return this.#reply(command.id, await this.#speed());
      case 'classify':
        return this.#reply(command.id, await this.#classify(command.input));
      case 'export':
        return this.#reply(command.id, {
          kind: 'exported',
          ...(await exportRun(this.#exportSource(), command.what, command.arm)),
        });
      case 'close':
        return this.#close();
    }
  }

  async #open(assets: string, choice: ExecutorChoice): Promise<void> {
    this.#host.setAssets(assets);
    this.#choice = choice;
    const missing = await this.#openExecutor(choice);
    this.#emit({ type: 'gate', adapter: this.#adapter(), missing });
  }

  async #openExecutor(choice: ExecutorChoice): Promise<ErrorDetail | null> {
    const { executor, missing } = await this.#host.openExecutor(choice);
    this.#executor = executor;
    void executor.lost.then((reason) => {
      if (this.#executor === executor)
        this.#queue = this.#queue
          .then(() => this.#recover(reason))
          .catch((error: unknown) => this.#report(error));
    });
    return missing;
  }

  async #load(spec: RunSpec, files: readonly GivenFile[], resume: boolean): Promise<void> {
    await this.#unload();
    const progress = this.#progress;
    progress('data', 0, 1);
    const data = await this.#host.data(spec, spec.seed, files);
    progress('data', 1, 1);
    const prepared = await prepareRun(spec, data, this.#host, teacherFiles(spec, files), progress);
    const keeper = new Keeper(this.#host.store, spec, prepared.dataset.fingerprint);
    const state = resume ? await keeper.load() : null;
    await this.#start(spec, prepared, files, keeper, state);
    if (spec.teacher.delivery === 'live') await this.#liveTeacher(true);
  }

  /** Builds the race on the executor that there is, and tells the page what it got. */
  async #start(
    spec: RunSpec,
    prepared: Prepared,
    files: readonly GivenFile[],
    keeper: Keeper,
    state: TrainerState | null,
  ): Promise<void> {
    const race = await Race.create(this.#theExecutor(), spec, prepared, this.#progress);
    if (state !== null) race.trainer.restore(state);
    const log = new LogKeeper(spec.arms.map(armName));
    const loop = new RunLoop(race.trainer, race.executor, {
      metrics: (rows) => {
        const { firstStep, count, arms } = rows;
        log.metrics(rows);
        const steps = Uint32Array.from({ length: count }, (_, i) => firstStep + i);
        this.#emit({ type: 'metrics', steps, values: arms });
      },
      evaluate: (step) => this.#evaluate(race, step),
      state: (now, step, samplesPerSecond) =>
        this.#emit({ type: 'state', state: now, step, samplesPerSecond }),
      checkpoint: async () => {
        const step = await keeper.keep(race.trainer);
        this.#emit({ type: 'checkpoint', step });
      },
      failed: (error) => this.#report(error),
    });
    this.#loaded = { race, loop, prepared, files, keeper, log };
    this.#emit({
      type: 'ready',
      facts: runFacts(race, this.#adapter(), this.#teacherFacts(prepared)),
      step: race.trainer.step,
    });
    await this.#evaluate(race, race.trainer.step);
    this.#emit({
      type: 'state',
      state: race.trainer.finished ? 'finished' : 'paused',
      step: race.trainer.step,
      samplesPerSecond: 0,
    });
  }

  async #evaluate(race: Race, step: number): Promise<void> {
    const [arms, logits] = await Promise.all([race.evaluations(), race.pictures()]);
    if (this.#loaded?.race !== race) return;
    this.#loaded.log.evaluation(step, arms);
    this.#emit({ type: 'evaluation', step, arms });
    this.#emit({ type: 'pictures', step, logits });
  }

  async #rewind(): Promise<void> {
    const { loop, race, log } = this.#run();
    await loop.pause();
    race.trainer.rewind();
    log.clear();
    this.#emit({ type: 'state', state: 'paused', step: 0, samplesPerSecond: 0 });
    await this.#evaluate(race, 0);
  }

  async #liveTeacher(on: boolean): Promise<void> {
    const { race, loop, prepared } = this.#run();
    const playing = loop.state === 'playing';
    await loop.pause();
    this.#live?.dispose();
    this.#live = null;
    race.trainer.liveTeacher = null;
    if (on) {
      const model = await prepared.model((done, total) => this.#progress('teacher', done, total));
      this.#live = await this.#host.openLive(model, race);
      race.trainer.liveTeacher = this.#live;
    }
    this.#emit({ type: 'teacher', teacher: this.#teacherFacts(prepared) });
    if (playing) loop.play();
  }

  async #repeat(count: number): Promise<void> {
    const { loop, prepared, files, race } = this.#run();
    await loop.pause();
    const spec = race.trainer.now;
    const seeds = Array.from({ length: count }, (_, i) => (spec.seed + i) >>> 0);
    const data = new Map(
      await Promise.all(seeds.map(async (seed) => [seed, await this.#host.data(spec, seed, files)] as const)),
    );
    this.#repeating = true;
    await repeat({
      executor: race.executor,
      spec,
      prepared,
      seeds,
      dataOf: (seed) => data.get(seed) ?? prepared,
      progress: (index, step, replicate, finished) => {
        const total = spec.training.steps;
        this.#emit({ type: 'replicate', index, count, step, total, finished, ...replicate });
        return this.#repeating;
      },
    });
    this.#repeating = false;
  }

  async #classify(input: Float32Array<ArrayBuffer>): Promise<Reply> {
    const { race, prepared } = this.#run();
    const arms = await race.classify(input);
    this.#rows ??= await this.#host.openRows(await prepared.model());
    const { logits } = await this.#rows.answer(input, 1);
    return { kind: 'classified', arms, teacher: logits };
  }

  async #speed(): Promise<Reply> {
    const { race, prepared, loop } = this.#run();
    await loop.pause();
    return { kind: 'speed', speed: await measureSpeed(race, prepared, this.#host) };
  }

  /** The device is gone: another executor, the last kept state, and on. */
  async #recover(reason: string): Promise<void> {
    const now = Date.now();
    this.#losses = [...this.#losses.filter((at) => now - at < lossWindow), now];
    const loaded = this.#loaded;
    const playing = loaded?.loop.state === 'playing';
    await loaded?.loop.pause().catch(() => undefined);
    this.#live = null;
    this.#executor?.dispose();
    await this.#openExecutor(this.#losses.length > 2 ? 'reference' : this.#choice);
    if (loaded === null) return this.#emit({ type: 'gate', adapter: this.#adapter(), missing: null });
    const { prepared, files, keeper, race } = loaded;
    const state = keeper.latest;
    await this.#start(race.trainer.spec, prepared, files, keeper, state);
    const adapter = this.#adapter();
    this.#emit({ type: 'recovered', step: state?.step ?? 0, adapter, reason });
    if (playing) this.#run().loop.play();
  }

  async #unload(): Promise<void> {
    const loaded = this.#loaded;
    this.#loaded = null;
    this.#repeating = false;
    await loaded?.loop.pause();
    this.#live?.dispose();
    this.#rows?.dispose();
    this.#live = null;
    this.#rows = null;
    loaded?.race.dispose();
  }

  async #close(): Promise<void> {
    await this.#unload();
    const executor = this.#executor;
    this.#executor = null;
    executor?.dispose();
  }

  #exportSource(): ExportSource {
    const { race, prepared, log } = this.#run();
    return { race, prepared, log: log.log, versions: this.#host.versions, command: null };
  }

  #teacherFacts(prepared: Prepared): TeacherFacts {
    if (this.#live === null) return prepared.teacher;
    const { provider, milliseconds } = this.#live;
    return { ...prepared.teacher, delivery: 'live', provider, milliseconds };
  }

  #adapter(): Adapter {
    const { adapter, kind } = this.#theExecutor();
    return { name: adapter.name, software: adapter.software, executor: kind };
  }

  #theExecutor(): Executor {
    if (this.#executor === null) throw new RangeError('the engine is not open');
    return this.#executor;
  }

  #run(): Loaded {
    if (this.#loaded !== null) return this.#loaded;
    throw new StillroomError({ code: 'no-run', problem: 'There is no run', remedy: 'Load a preset first' });
  }

  readonly #progress = (
    stage: Extract<EngineEvent, { type: 'progress' }>['stage'],
    done: number,
    total: number,
  ) => {
    this.#emit({ type: 'progress', stage, done, total });
  };

  #reply(id: number, reply: Reply): void {
    this.#emit({ type: 'reply', id, reply });
  }

  #fail(command: Command, error: unknown): void {
    if ('id' in command) this.#reply(command.id, { kind: 'failed', detail: detailOf(error) });
    else this.#report(error);
  }

  #report(error: unknown): void {
    const detail = detailOf(error);
    // The loss of a device is followed by a recovery, which is what the page hears of it.
    if (detail.code !== 'device-lost') this.#emit({ type: 'error', detail });
  }
}

/** The model first, then the files that may belong to it. */
function teacherFiles(spec: RunSpec, files: readonly GivenFile[]): readonly GivenFile[] {
  if (spec.teacher.source !== 'file') return [];
  const { model, external } = sortFiles(files);
  return model === null ? [] : [model, ...external];
}
