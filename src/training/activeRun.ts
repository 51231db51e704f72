/**
 * A loaded run: its race, its loop, what is kept and logged of it, and the teacher that answers live. It tells the
 * page what happens; commands, executors and their loss are the session's affair.
 */
import type { Command, GivenFile, LanguageCommand } from '../protocol/commands.ts';
import type { Adapter, EngineEvent, Reply, TeacherFacts } from '../protocol/events.ts';
import type { TextPicture } from '../protocol/texts.ts';
import { detailOf, StillroomError } from '../spec/errors.ts';
import type { LiveEvent, RunSpec } from '../spec/runSpec.ts';
import type { Executor } from '../tensor/executor.ts';
import { armName } from './armSettings.ts';
import { teacherBroken } from './diagnosis.ts';
import type { EngineHost, OpenedLiveTeacher } from './engineHost.ts';
import { diverged, type Halt, mostRollbacks, rateOf, unknown, withHalvedRate } from './health.ts';
import type { Keeper } from './keeper.ts';
import { LanguageView } from './languageView.ts';
import { LogKeeper } from './logKeeper.ts';
import { type MetricsRows, rowsFrom } from './metricsRing.ts';
import { openAsked, openTeachers } from './openTeachers.ts';
import type { Prepared } from './prepare.ts';
import { Race } from './race.ts';
import { runFacts } from './runFacts.ts';
import { RunLoop } from './runLoop.ts';
import { SimilarityView } from './similarityView.ts';
import { measureTeacher } from './teacherFigures.ts';
import type { TrainerState } from './trainer.ts';
import { teachesLive } from './turns.ts';

type Progress = (done: number, total: number) => void;
type Going = Extract<Command, { type: 'play' | 'step' }>;

export interface RunParts {
  readonly host: EngineHost;
  readonly emit: (event: EngineEvent) => void;
  readonly report: (error: unknown) => void;
  readonly executor: Executor;
  readonly spec: RunSpec;
  readonly prepared: Prepared;
  readonly files: readonly GivenFile[];
  readonly keeper: Keeper;
}

/** Measures of every arm, the logits of the pictures, and the text that is looked at. */
type Judged = readonly [
  Awaited<ReturnType<Race['evaluations']>>,
  Awaited<ReturnType<Race['pictures']>>,
  TextPicture | null,
];

/** Least time between two maps of similarity, in milliseconds: they are computed on the processor. */
const comparedEvery = 250;

/** Parts of one step's dispatches in a submit where the device was lost repeatedly. */
const slowParts = 8;

/** Errors after which a teacher answers no more: a slow batch, or a machine that slept meanwhile. */
const endsTeacher: ReadonlySet<string> = new Set(['teacher-deadline', 'teacher-worker']);

/** Of several teachers, as a word; the same for all others. */
function weightsOf({ teacher }: Pick<RunSpec, 'teacher'>): string {
  return teacher.source === 'several' ? teacher.members.map(({ weight }) => weight).join(' ') : '';
}

export class ActiveRun {
  readonly race: Race;
  readonly loop: RunLoop;
  readonly log: LogKeeper;
  readonly parts: RunParts;
  /** Of a run over texts; made when it is first looked at. */
  readonly #language: LanguageView | null;
  /** Made when it is first asked for; outlived by the wish for it where a lost device took it along. */
  #similarity: SimilarityView | null = null;
  /** Figures of several teachers by weights that have moved, and the weights that those told are of. */
  #measured: Partial<TeacherFacts> = {};
  #measuredFor: string;
  #wantsSimilarity = false;
  #compared = Number.NEGATIVE_INFINITY;
  #live: OpenedLiveTeacher | null = null;
  /** It was ended in the middle, and refuses all that is asked of it. */
  #liveOver = false;
  /** Outlives the teacher that a lost device took along. */
  #wantsLive = false;
  /** The first step whose metrics were not told yet. */
  #told: number;
  #rollbacks = 0;
  #storageFailed = false;
  #disposed = false;

  /** From step 0, or from a kept state. Errors: those of the race. */
  static async begin(parts: RunParts, state: TrainerState | null): Promise<ActiveRun> {
    const run = new ActiveRun(await raceOf(parts), parts, new LogKeeper(parts.spec.arms.map(armName)), false);
    try {
      if (state !== null) run.race.trainer.restore(state);
      if (parts.keeper.latest === null) await parts.keeper.snapshot(run.race.trainer);
      // Of many rows this is what takes longest where there is no GPU.
      parts.emit({ type: 'progress', stage: 'judge', done: 0, total: 0 });
      const judged = await run.#judge();
      // Told when nothing can go wrong any more: a load has one answer.
      const facts = runFacts(run.race, adapterOf(parts.executor), run.teacher);
      parts.emit({ type: 'ready', facts, step: run.step });
      run.#tell(run.step, judged);
      run.#tellState();
      return run;
    } catch (error) {
      run.dispose();
      throw error;
    }
  }

  /** The same run on another executor, from the last state in memory. Errors: those of the race. */
  async onto(executor: Executor, slower: boolean): Promise<ActiveRun> {
    const parts = { ...this.parts, executor };
    const race = await raceOf(parts);
    const { latest } = parts.keeper;
    // What was set since then is set again when its step comes.
    if (latest !== null) race.trainer.restore(latest, this.race.trainer.events);
    const run = new ActiveRun(race, parts, this.log, slower);
    run.#wantsLive = this.#wantsLive;
    run.#wantsSimilarity = this.#wantsSimilarity;
    run.#told = Math.min(this.#told, run.step);
    this.log.truncate(run.step);
    return run;
  }

  private constructor(race: Race, parts: RunParts, log: LogKeeper, slower: boolean) {
    this.race = race;
    this.parts = parts;
    this.log = log;
    const { source } = parts.spec.teacher;
    const asked = source !== 'none' && source !== 'average';
    const open = () => openAsked(race, parts.host);
    this.#language = LanguageView.of(race, asked ? { open, live: () => this.#live?.next } : null);
    this.#measuredFor = weightsOf(parts.spec);
    if (slower)
      race.executor.dispatchesPerSubmit = Math.max(1, Math.floor(race.trainer.dispatches / slowParts));
    this.#told = race.trainer.step;
    const { emit, keeper, report } = parts;
    const hooks = {
      metrics: (rows) => this.#tellRows(rows),
      evaluate: (step) => this.#evaluate(step),
      state: (state, step, samplesPerSecond) => emit({ type: 'state', state, step, samplesPerSecond }),
      snapshot: () => keeper.snapshot(race.trainer),
      checkpoint: () => this.#write(),
      rollBack: (halt) => this.#rollBack(halt),
      failed: (error) => {
        this.#liveOver ||= this.#live !== null && endsTeacher.has(detailOf(error).code);
        report(error);
      },
    } satisfies ConstructorParameters<typeof RunLoop>[2];
    this.loop = new RunLoop(race.trainer, race.executor, hooks, slower ? 1 : undefined);
  }

  get step(): number {
    return this.race.trainer.step;
  }

  get teacher(): TeacherFacts {
    const teacher = { ...this.parts.prepared.teacher, ...this.#measured };
    if (this.#live === null) return teacher;
    const { provider, milliseconds } = this.#live;
    return { ...teacher, delivery: 'live', provider, milliseconds };
  }

  /** By the user's hand, who may have changed what went wrong. Errors: those of a live teacher that is opened again. */
  async go(command: Going, wanted: () => boolean, progress: Progress): Promise<void> {
    if (this.#liveOver) await this.#turnLive(true, progress);
    if (command.type === 'step') return this.loop.step(command.count, wanted);
    this.#rollbacks = 0;
    if (wanted()) this.loop.play();
  }

  async rewind(): Promise<void> {
    const { race, log, loop, parts } = this;
    await loop.pause();
    race.trainer.rewind();
    log.clear();
    this.#rollbacks = 0;
    parts.emit({ type: 'state', state: 'paused', step: 0, samplesPerSecond: 0 });
    await parts.keeper.snapshot(race.trainer);
    await this.#evaluate(0);
  }

  /** Errors: those of the teacher's model and of ONNX sessions; the wish for it ends with them. */
  async liveTeacher(on: boolean, progress: Progress): Promise<void> {
    try {
      await this.#turnLive(on, progress);
    } catch (error) {
      this.#wantsLive = teachesLive(this.parts.spec);
      throw error;
    }
  }

  async #turnLive(on: boolean, progress: Progress): Promise<void> {
    const { race, loop, parts } = this;
    const playing = loop.state === 'playing';
    await loop.pause();
    this.#endLive();
    this.#wantsLive = on;
    race.trainer.liveTeacher = null;
    if (on) {
      // A model that is here already has nothing to tell, and still takes its time to start.
      progress(0, 0);
      this.#live = await openTeachers(race, parts.host, progress);
      race.trainer.liveTeacher = this.#live;
      race.prepared.lend(this.#live.rows ?? null);
    }
    parts.emit({ type: 'teacher', teacher: this.teacher });
    if (playing) loop.play();
  }

  /** Errors: those of the language view, and `no-texts` where the run is about none. */
  async askLanguage(command: LanguageCommand): Promise<Reply> {
    if (this.#language === null) throw noTexts();
    const reply = await this.#language.answer(command);
    if (command.type === 'watch') await this.#show();
    return reply;
  }

  /** Errors: those of the view. */
  async compareLayers(on: boolean): Promise<void> {
    this.#wantsSimilarity = on;
    this.#similarity?.dispose();
    this.#similarity = null;
    if (!on) return;
    const view = await SimilarityView.create(this.race, this.parts.host);
    if (this.#disposed) return view.dispose();
    this.#similarity = view;
    await this.#compare();
  }

  /** Tells from where the run goes on and what will be set again on the way; a live teacher is opened again. */
  async tellRecovered(reason: string, progress: Progress): Promise<void> {
    const { emit, executor, keeper } = this.parts;
    emit({ type: 'recovered', step: this.step, adapter: adapterOf(executor), reason });
    const { rows } = keeper;
    if (rows !== null && this.#told < this.step) this.#tellRows(rowsFrom(rows, this.#told));
    this.#tellSettings(this.step + 1);
    await this.#show();
    if (this.#wantsSimilarity) await this.compareLayers(true);
    if (this.#wantsLive) await this.#turnLive(true, progress);
    this.#tellState();
  }

  dispose(): void {
    this.#disposed = true;
    this.#endLive();
    this.#language?.dispose();
    this.#similarity?.dispose();
    this.race.dispose();
  }

  #endLive(): void {
    this.race.prepared.lend(null);
    this.#live?.dispose();
    this.#live = null;
    this.#liveOver = false;
  }

  async #evaluate(step: number): Promise<void> {
    const due = this.race.trainer.finished || performance.now() - this.#compared > comparedEvery;
    const [judged] = await Promise.all([this.#judge(), due ? this.#compare(step) : null]);
    await this.#measureAgain();
    if (!this.#disposed) this.#tell(step, judged);
  }

  /** Weights of several teachers may move, and what is told of them together then moves with them. */
  async #measureAgain(): Promise<void> {
    const { now } = this.race.trainer;
    const weights = weightsOf(now);
    if (weights === this.#measuredFor) return;
    const { test, dataset } = this.parts.prepared;
    const asNow = (first: number, samples: number) => test.answer(first, samples, now.teacher);
    this.#measured = await measureTeacher({ answer: asNow }, dataset);
    this.#measuredFor = weights;
    if (!this.#disposed) this.parts.emit({ type: 'teacher', teacher: this.teacher });
  }

  async #compare(step = this.step): Promise<void> {
    this.#compared = performance.now();
    const picture = await this.#similarity?.picture();
    if (picture !== undefined && !this.#disposed) this.parts.emit({ type: 'similarity', step, picture });
  }

  #tellRows(rows: MetricsRows): void {
    const { firstStep, count, arms } = rows;
    this.log.metrics(rows);
    this.#told = firstStep + count;
    const steps = Uint32Array.from({ length: count }, (_, i) => firstStep + i);
    this.parts.emit({ type: 'metrics', steps, values: arms });
  }

  #judge(): Promise<Judged> {
    const text = this.#language?.picture() ?? Promise.resolve(null);
    return Promise.all([this.race.evaluations(), this.race.pictures(), text]);
  }

  #tell(step: number, [arms, logits, text]: Judged): void {
    this.log.evaluation(step, arms);
    this.parts.emit({ type: 'evaluation', step, arms });
    this.parts.emit({ type: 'pictures', step, logits });
    if (text !== null) this.parts.emit({ type: 'text', step, picture: text });
  }

  /** The page's pictures as the students are now; curves keep to the steps that the run is evaluated at. */
  async #show(): Promise<void> {
    const { step } = this;
    const text = this.#language?.picture() ?? null;
    const logits = await this.race.pictures();
    const picture = await text;
    if (this.#disposed) return;
    this.parts.emit({ type: 'pictures', step, logits });
    if (picture !== null) this.parts.emit({ type: 'text', step, picture });
  }

  /** A full disk or a closed folder is told, but no reason to stop. */
  async #write(): Promise<void> {
    try {
      const step = await this.parts.keeper.write();
      if (step !== null) this.parts.emit({ type: 'checkpoint', step });
    } catch (error) {
      if (!this.#storageFailed) this.parts.report(notWritten(error));
      this.#storageFailed = true;
    }
  }

  /** Back to the last sound state, with half the rate; after too many of these, back and no further. */
  async #rollBack(halt: Halt): Promise<void> {
    const { trainer } = this.race;
    const { keeper, emit } = this.parts;
    const { sound } = keeper;
    const [until, now] = [trainer.step, trainer.now];
    const tensor = await trainer.firstBroken(halt.arm, halt.step);
    const arm = armName(now.arms[halt.arm] ?? { kind: 'labels' });
    const rate = rateOf(now, halt.arm);
    // No rate mends a teacher.
    const mute = teacherBroken(tensor, halt.step);
    const stopped = mute ?? diverged(now, halt, tensor, this.#rollbacks);
    if (sound === null) throw stopped;
    this.#rollbacks += 1;
    const { events, event } = withHalvedRate(trainer.events, now, halt.arm, sound.step, until);
    const last = mute !== null || this.#rollbacks > mostRollbacks;
    trainer.restore(sound, last ? trainer.events : events);
    this.#told = sound.step;
    keeper.backToSound();
    this.log.truncate(sound.step);
    emit({
      type: 'rolled-back',
      step: sound.step,
      from: halt.step,
      arm,
      tensor: tensor ?? unknown,
      rate: last ? rate : event.value,
    });
    this.#tellSettings(sound.step);
    await this.#show();
    if (last) throw stopped;
  }

  /** Oldest first, since the page drops what was to come after a setting. */
  #tellSettings(from: number): void {
    const events: readonly LiveEvent[] = this.race.trainer.events;
    for (const event of events) if (event.step >= from) this.parts.emit({ type: 'setting', event });
  }

  #tellState(): void {
    const { finished, step } = this.race.trainer;
    this.parts.emit({ type: 'state', state: finished ? 'finished' : 'paused', step, samplesPerSecond: 0 });
  }
}

function raceOf({ executor, spec, prepared, emit }: RunParts): Promise<Race> {
  return Race.create(executor, spec, prepared, (stage, done, total) =>
    emit({ type: 'progress', stage, done, total }),
  );
}

function notWritten(cause: unknown): StillroomError {
  return new StillroomError(
    {
      code: 'checkpoint-unwritten',
      problem: 'The run cannot be kept for a later visit',
      got: detailOf(cause).problem,
      remedy: 'Leave the page open until the run is done; it goes on here',
    },
    { cause },
  );
}

function noTexts(): StillroomError {
  return new StillroomError({
    code: 'no-texts',
    problem: 'This run is not about texts',
    remedy: 'Choose a preset of language, or bring a text',
  });
}

export function adapterOf({ adapter, kind }: Executor): Adapter {
  return { name: adapter.name, software: adapter.software, executor: kind };
}
