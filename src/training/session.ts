/**
 * The engine's side of the conversation: commands in, events out, one run at a time. It knows no worker and no
 * WebGPU; a host hands it executors, files and ONNX sessions.
 */
import type { Command, CommandType, GivenFile, LanguageCommand } from '../protocol/commands.ts';
import type { EngineEvent, Reply } from '../protocol/events.ts';
import type { SweepCommand } from '../protocol/sweep.ts';
import { detailOf, type ErrorDetail, StillroomError } from '../spec/errors.ts';
import type { RowTeacher } from '../teachers/rowTeacher.ts';
import { ActiveRun, adapterOf } from './activeRun.ts';
import { keepAnswers } from './answersFile.ts';
import { type AsideCommand, answerAside, isAside } from './aside.ts';
import { lostTooOften } from './deviceLosses.ts';
import type { EngineHost } from './engineHost.ts';
import { exportRun } from './exports.ts';
import { HeldExecutor } from './heldExecutor.ts';
import { measureSpeed, teacherTensors } from './inquiries.ts';
import { Keeper } from './keeper.ts';
import { checkLosses } from './lossChecks.ts';
import { openAsked } from './openTeachers.ts';
import { type Prepared, prepareRun } from './prepare.ts';
import { openLiveOf, repeat } from './repeat.ts';
import { sweep } from './sweep.ts';
import { type RunFiles, runFiles } from './teacherFiles.ts';
import { teachesLive } from './turns.ts';

type Performed = Exclude<Command, { type: 'ping' } | AsideCommand>;
type Load = Extract<Command, { type: 'load' }>;
interface PreparedLoad {
  readonly command: Load;
  readonly prepared: Prepared;
  readonly files: readonly GivenFile[];
}

/** Commands that let something run: a pause takes them back, and so do a rewind and another run. */
const runs: ReadonlySet<Command['type']> = new Set(['play', 'step', 'repeat', 'sweep']);

/** Commands that need no executor, and so wait for none. */
const withoutExecutor: ReadonlySet<Command['type']> = new Set([
  'open',
  'pause',
  'set',
  'tensors',
  'keep',
  'close',
]);

export class Session {
  readonly #host: EngineHost;
  readonly #emit: (event: EngineEvent) => void;
  readonly #held: HeldExecutor;
  #run: ActiveRun | null = null;
  /** Where a run that a loss cut short is to stop; null where none waits to go on. */
  #until: number | null = null;
  #rows: RowTeacher | null = null;
  /** What was prepared for a load that a loss cut short. */
  #prepared: PreparedLoad | null = null;
  #queue: Promise<void> = Promise.resolve();
  /** The last answer that nothing waits for. */
  #beside: Promise<void> = Promise.resolve();
  /** Pauses, rewinds and loads so far. */
  #halts = 0;
  #swept: { readonly command: SweepCommand; readonly told: Set<number> } | null = null;

  constructor(host: EngineHost, emit: (event: EngineEvent) => void, now: () => number = () => Date.now()) {
    this.#host = host;
    this.#emit = emit;
    this.#held = new HeldExecutor(host, now, () => this.#lose());
  }

  /** Commands act in order; a pause and a ping do not wait for those before them. */
  handle(command: Command): void {
    if (command.type === 'ping') {
      this.#reply(command.id, { kind: 'pong' });
      return;
    }
    if (isAside(command)) {
      // A download may take long, and whatever trains meanwhile must not wait for it.
      void this.#answerAside(command);
      return;
    }
    // Another run, or this one anew, need not wait for all steps, seeds and values.
    if (command.type === 'pause' || command.type === 'load' || command.type === 'rewind') {
      this.#halts += 1;
      this.#until = null;
      this.#run?.loop.pause().catch(() => undefined);
    }
    const halts = this.#halts;
    this.#queue = this.#queue
      .then(() => this.#performSurely(command, () => halts === this.#halts))
      .catch((error: unknown) => this.#fail(command, error));
  }

  /** Settles when everything asked so far is done, for tests and the command line. */
  idle(): Promise<void> {
    return this.#queue.then(() => this.#beside);
  }

  /** A command that a loss cuts short is performed again on the next executor. `wanted`: it was not taken back. */
  async #performSurely(command: Performed, wanted: () => boolean): Promise<void> {
    for (;;) {
      // Another run takes the place of this one, which need not come back first.
      if (command.type === 'load') await this.#unload();
      if (!withoutExecutor.has(command.type)) await this.#mend();
      if (runs.has(command.type) && !wanted()) return;
      try {
        return await this.#perform(command, wanted);
      } catch (error) {
        if (!(await this.#held.isLoss(error))) throw error;
      }
    }
  }

  async #perform(command: Performed, wanted: () => boolean): Promise<void> {
    switch (command.type) {
      case 'open':
        this.#host.surround(command);
        return this.#tellGate(await this.#held.open(command.executor));
      case 'load':
        return this.#load(command);
      case 'pause':
        return this.#run?.loop.pause();
      case 'play':
      case 'step':
        return this.#loaded().go(command, wanted, this.#teacherProgress);
      case 'rewind':
        return this.#loaded().rewind();
      case 'set':
        return this.#emit({
          type: 'setting',
          event: this.#loaded().race.trainer.set(command.path, command.value),
        });
      case 'live-teacher':
        return this.#liveTeacher(command.on, wanted);
      case 'repeat':
        return this.#repeat(command.count, wanted);
      case 'sweep':
        return this.#sweep(command, wanted);
      case 'tensors':
        return this.#reply(command.id, {
          kind: 'tensors',
          tensors: await teacherTensors(command.spec, (await this.#files(command)).teacher, this.#host),
        });
      case 'speed':
        return this.#reply(command.id, await this.#speed());
      case 'check':
        return this.#reply(command.id, {
          kind: 'checked',
          reports: await checkLosses(this.#held.executor, command.losses, (report, index, count) =>
            this.#emit({ type: 'checked', id: command.id, index, count, report }),
          ),
        });
      case 'classify':
        return this.#reply(command.id, await this.#classify(command.input));
      case 'export': {
        const { race, log, parts } = this.#loaded();
        const { versions } = this.#host;
        const source = { race, prepared: parts.prepared, log: log.log, versions, command: null };
        return this.#reply(command.id, {
          kind: 'exported',
          ...(await exportRun(source, command.what, command.arm)),
        });
      }
      case 'similarity':
        await this.#loaded().compareLayers(command.on);
        return this.#reply(command.id, { kind: 'comparing' });
      case 'continue':
        if (command.of === 'teacher') return this.#aside(command, this.#loaded());
        return this.#reply(command.id, await this.#loaded().askLanguage(command));
      case 'watch':
      case 'attend':
        return this.#reply(command.id, await this.#loaded().askLanguage(command));
      case 'keep':
        return this.#reply(command.id, await keepAnswers(this.#host.kept, command.bytes));
      case 'close':
        return this.#close();
    }
  }

  /** A teacher that writes takes its time, token by token: what is asked after it does not wait for it. */
  #aside(command: LanguageCommand, run: ActiveRun): void {
    const settled = async (tell: () => void, error?: unknown): Promise<void> => {
      // The run came back on another executor, or another took its place: whoever asked is still there.
      const again = this.#run !== run || (error !== undefined && (await this.#held.isLoss(error)));
      if (again) this.handle(command);
      else tell();
    };
    this.#beside = run.askLanguage(command).then(
      (reply) => settled(() => this.#reply(command.id, reply)),
      (error: unknown) => settled(() => this.#fail(command, error), error),
    );
  }

  async #load(command: Load): Promise<void> {
    const { spec, resume } = command;
    const { prepared, files } = await this.#prepare(command);
    const keeper = new Keeper(this.#host.runs, spec, prepared.dataset.fingerprint);
    const state = resume ? await keeper.load() : null;
    const [executor, host, emit] = [this.#held.executor, this.#host, this.#emit];
    const report = (error: unknown) => {
      // What a run still fails at that was put down is nobody's affair.
      if (this.#run?.parts.keeper === keeper) this.#report(error, 'run');
    };
    const parts = { host, emit, report, executor, spec, prepared, files, keeper };
    this.#run = await ActiveRun.begin(parts, state).catch(async (error: unknown) => {
      if (!(await this.#held.isLoss(error))) prepared.release();
      throw error;
    });
    this.#prepared = null;
    if (!teachesLive(spec)) return;
    await this.#run.liveTeacher(true, this.#teacherProgress).catch(async (error: unknown) => {
      // The run was told to be ready, so it is not loaded again: it comes back with its teacher.
      if (!(await this.#held.isLoss(error))) throw error;
    });
  }

  async #prepare(command: Load): Promise<PreparedLoad> {
    if (this.#prepared?.command === command) return this.#prepared;
    const { spec } = command;
    const files = await this.#files(command);
    this.#progress('data', 0, 1);
    const data = await this.#host.data(spec, spec.seed, files.all);
    this.#progress('data', 1, 1);
    const prepared = await prepareRun(spec, data, this.#host, files.teacher, this.#progress);
    this.#prepared = { command, prepared, files: files.all };
    return this.#prepared;
  }

  async #liveTeacher(on: boolean, wanted: () => boolean): Promise<void> {
    const run = this.#loaded();
    const playing = run.loop.state === 'playing';
    await run.liveTeacher(on, this.#teacherProgress).catch(async (error: unknown) => {
      // A run that played goes on when it is back, and this is performed again.
      if ((await this.#held.isLoss(error)) && playing && wanted()) this.#until = Number.POSITIVE_INFINITY;
      throw error;
    });
  }

  #files({ spec, files }: Pick<Load, 'spec' | 'files'>): Promise<RunFiles> {
    return runFiles(spec, files, this.#host.hub, (done, total) => this.#progress('hub', done, total));
  }

  async #answerAside(command: AsideCommand): Promise<void> {
    const progress = (done: number, total: number) => this.#progress('hub', done, total);
    try {
      this.#reply(command.id, await answerAside(command, this.#host, progress));
    } catch (error) {
      this.#fail(command, error);
    }
  }

  async #repeat(count: number, wanted: () => boolean): Promise<void> {
    const { loop, race, parts } = this.#loaded();
    const { prepared, files } = parts;
    await loop.pause();
    const spec = race.trainer.now;
    const seeds = Array.from({ length: count }, (_, i) => (spec.seed + i) >>> 0);
    const data = new Map(
      await Promise.all(seeds.map(async (seed) => [seed, await this.#host.data(spec, seed, files)] as const)),
    );
    await repeat({
      ...{ executor: race.executor, spec, prepared, seeds },
      dataOf: (seed) => data.get(seed) ?? prepared,
      live: (own) => openLiveOf(own, this.#host),
      progress: (index, step, replicate, finished) => {
        const total = spec.training.steps;
        this.#emit({ type: 'replicate', index, count, step, total, finished, ...replicate });
        return wanted();
      },
    });
  }

  /** What was told of it before a lost device cut it short is not done again. */
  async #sweep(command: SweepCommand, wanted: () => boolean): Promise<void> {
    const { loop, race, parts } = this.#loaded();
    await loop.pause();
    if (this.#swept?.command !== command) this.#swept = { command, told: new Set() };
    await sweep({
      ...{ command, race, parts, host: this.#host, told: this.#swept.told, progress: this.#progress },
      ends: (error) => this.#held.isLoss(error),
      tell: (event) => {
        this.#emit(event);
        return wanted();
      },
    });
  }

  async #classify(input: Float32Array<ArrayBuffer>): Promise<Reply> {
    const { race } = this.#loaded();
    const arms = await race.classify(input);
    this.#rows ??= await openAsked(race, this.#host);
    const { logits } = await this.#rows.answer(input, 1);
    return { kind: 'classified', arms, teacher: logits };
  }

  async #speed(): Promise<Reply> {
    const { race, loop } = this.#loaded();
    await loop.pause();
    return { kind: 'speed', speed: await measureSpeed(race, this.#host) };
  }

  #lose(): void {
    // A command in hand may wait for the loop, so that is told at once; the rest comes in turn.
    void this.#run?.loop.abandon();
    this.#queue = this.#queue.then(() => this.#mend()).catch((error: unknown) => this.#report(error, 'run'));
  }

  /** Where the executor is lost: another one, the last state in memory, and on. Errors: `device-lost-often`. */
  async #mend(): Promise<void> {
    const held = this.#held;
    for (let reason = held.lost; reason !== null; reason = held.lost) {
      this.#until = (await this.#run?.loop.abandon()) ?? this.#until;
      const { remedy } = held;
      if (remedy === 'stop') throw await this.#giveUp(reason);
      try {
        const missing = await held.replace(remedy);
        if (this.#run === null) this.#tellGate(missing);
        else await this.#goOn(this.#run, remedy === 'slower', reason);
      } catch (error) {
        if (await held.isLoss(error)) continue;
        // Nothing runs, but everything is kept: the next command tries again.
        held.lost = reason;
        throw error;
      }
    }
  }

  async #goOn(run: ActiveRun, slower: boolean, reason: string): Promise<void> {
    const next = await run.onto(this.#held.executor, slower);
    run.dispose();
    this.#run = next;
    await next.tellRecovered(reason, this.#teacherProgress);
    const until = this.#until;
    this.#until = null;
    if (until !== null) next.loop.play(until);
  }

  async #giveUp(reason: string): Promise<StillroomError> {
    const run = this.#run;
    await run?.parts.keeper.write().catch(() => undefined);
    return lostTooOften(run?.parts.keeper.sound?.step ?? null, reason);
  }

  async #unload(): Promise<void> {
    const run = this.#run;
    this.#run = null;
    this.#until = null;
    await (this.#held.lost === null ? run?.loop.pause() : run?.loop.abandon());
    this.#rows?.dispose();
    this.#rows = null;
    run?.dispose();
    run?.parts.prepared.release();
  }

  async #close(): Promise<void> {
    await this.#unload();
    this.#held.close();
  }

  #tellGate(missing: ErrorDetail | null): void {
    this.#emit({ type: 'gate', adapter: adapterOf(this.#held.executor), missing });
  }

  #loaded(): ActiveRun {
    if (this.#run !== null) return this.#run;
    throw new StillroomError({ code: 'no-run', problem: 'There is no run', remedy: 'Load a preset first' });
  }

  readonly #progress = (
    stage: Extract<EngineEvent, { type: 'progress' }>['stage'],
    done: number,
    total: number,
  ) => {
    this.#emit({ type: 'progress', stage, done, total });
  };

  readonly #teacherProgress = (done: number, total: number) => this.#progress('teacher', done, total);

  #reply(id: number, reply: Reply): void {
    this.#emit({ type: 'reply', id, reply });
  }

  #fail(command: Command, error: unknown): void {
    if ('id' in command) this.#reply(command.id, { kind: 'failed', detail: detailOf(error) });
    else this.#report(error, command.type);
  }

  #report(error: unknown, of: CommandType | 'run'): void {
    const detail = detailOf(error);
    // The loss of a device is followed by a recovery, which is what the page hears of it.
    if (detail.code !== 'device-lost') this.#emit({ type: 'error', detail, of });
  }
}
