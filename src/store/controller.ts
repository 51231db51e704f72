/**
 * What a person can do, as methods: the buttons, the keys and the console all call these. It moves between the state
 * and one engine at a time (a recording or a live one), and it draws nothing. Nothing is downloaded, compiled or
 * trained before `runLive`, `apply` or a loaded run's `play`.
 */
import type { Export, GivenFile } from '../protocol/commands.ts';
import type { Engine, Listener } from '../protocol/engine.ts';
import type { FileInspection, Reply } from '../protocol/events.ts';
import type { ErrorDetail } from '../spec/errors.ts';
import { detailOf } from '../spec/errors.ts';
import { liveRange } from '../spec/live.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { changesBetween } from './changes.ts';
import { Conversation } from './conversation.ts';
import { writePath } from './paths.ts';
import { currentSpec, newRun, type Run, wholeSpec } from './run.ts';
import { runName } from './runName.ts';
import {
  type AppState,
  type AppStore,
  announce,
  changeRun,
  currentRun,
  initialView,
  nextSerial,
  notify,
  presetSpec,
  type View,
} from './state.ts';
import { remembered } from './visit.ts';

export interface Sources {
  /** Where teachers and packs lie: the page's own address. */
  readonly assets: string;
  openLive(listener: Listener): Engine;
  /** The recorded run of a preset, or null where there is none. */
  openRecording(presetId: string): Promise<RecordedRun | null>;
}

export interface RecordedRun {
  readonly spec: RunSpec;
  start(listener: Listener): Engine;
}

/** A live value acts at most this often while a slider is dragged, in milliseconds. */
const dragInterval = 120;

export class Controller {
  readonly #store: AppStore;
  readonly #sources: Sources;
  #live: Conversation | null = null;
  #recording: Conversation | null = null;
  #files: readonly GivenFile[] = [];
  #pending = new Map<string, number>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(store: AppStore, sources: Sources) {
    this.#store = store;
    this.#sources = sources;
  }

  get #state(): AppState {
    return this.#store.getState();
  }

  /** Shows a preset: its settings in the controls and its recorded run in the picture. */
  async choosePreset(presetId: string): Promise<void> {
    const spec = presetSpec(presetId);
    this.pause();
    this.#files = [];
    this.#store.setState({ presetId, draft: spec, view: initialView(spec) });
    await this.#showRecording(presetId);
  }

  /** Settings from elsewhere (a link, the console): shown, never started. With `ghost` its curves are shown too. */
  offer(presetId: string, spec: RunSpec, ghost: Run | null): void {
    const ghosts = ghost === null ? [] : [{ ...ghost, compared: true }];
    this.#store.setState((state) => ({
      presetId,
      draft: structuredClone({ ...spec, events: [] }),
      view: initialView(spec),
      runs: [...state.runs.filter((run) => run.origin !== 'link'), ...ghosts],
      currentId: ghost?.id ?? null,
    }));
    this.#events = spec.events;
  }
  #events: RunSpec['events'] = [];

  async #showRecording(presetId: string): Promise<void> {
    const recorded = await this.#sources.openRecording(presetId).catch((error: unknown) => {
      notify(this.#store, { kind: 'error', detail: detailOf(error) });
      return null;
    });
    if (this.#state.presetId !== presetId) return;
    this.#recording?.close();
    this.#recording = null;
    const known = this.#state.runs.filter((run) => run.origin !== 'recording');
    if (recorded === null) {
      this.#store.setState({ runs: known, currentId: null });
      return;
    }
    const id = `recording-${nextSerial()}`;
    const name = recorded.spec.name === '' ? runName(recorded.spec, 0) : recorded.spec.name;
    const run = newRun({ id, name, origin: 'recording', presetId, spec: { ...recorded.spec, events: [] } });
    this.#store.setState({ runs: [run, ...known], currentId: id });
    this.#recording = new Conversation('recording', this.#store, (listener) => recorded.start(listener));
    const command = { type: 'load', spec: recorded.spec, files: [], resume: false } as const;
    await this.#recording.load(run, command).catch(() => undefined);
  }

  /** The first click that costs something: opens an engine, makes a run of the draft and plays it. */
  async runLive(): Promise<void> {
    await this.#start(this.#state.draft, { resume: false, play: true });
  }

  /** The same without playing it: the run waits at step 0. */
  async prepareLive(): Promise<void> {
    await this.#start(this.#state.draft, { resume: false, play: false });
  }

  /** A new run from the collected changes. */
  async apply(): Promise<void> {
    await this.runLive();
  }

  /** Takes up the run that the last visit left unfinished. */
  async resumeLast(): Promise<void> {
    const left = remembered();
    if (left !== null) await this.resume(left.spec, left.presetId);
  }

  /** Takes a run of an earlier visit up where its last checkpoint was. */
  async resume(spec: RunSpec, presetId: string): Promise<void> {
    this.#store.setState({
      presetId,
      draft: structuredClone({ ...spec, events: [] }),
      view: initialView(spec),
    });
    await this.#start(spec, { resume: true, play: false });
  }

  async #start(draft: RunSpec, how: { resume: boolean; play: boolean }): Promise<void> {
    const before = currentRun(this.#state);
    this.#recording?.send({ type: 'pause' });
    const live = await this.#openLive();
    if (live === null) return;
    const events = how.resume ? draft.events : this.#events;
    const spec: RunSpec = structuredClone({ ...draft, events: [...events] });
    this.#events = [];
    const id = `run-${nextSerial()}`;
    const run: Run = {
      ...newRun({
        id,
        name: runName(spec, this.#state.runs.length),
        origin: 'live',
        presetId: this.#state.presetId,
        spec,
      }),
      changes: before === null ? [] : changesBetween(before.spec, spec),
    };
    this.#store.setState((state) => ({
      runs: [...state.runs, run],
      currentId: id,
      activity: 'preparing',
      repeat: null,
      view: { ...state.view, drawn: null },
    }));
    announce(this.#store, 'preparing', 0);
    await this.#load(live, run, how);
  }

  async #load(live: Conversation, run: Run, how: { resume: boolean; play: boolean }): Promise<void> {
    const command = { type: 'load', spec: wholeSpecOr(run), files: this.#files, resume: how.resume } as const;
    try {
      await live.load(run, command);
      if (how.play) live.send({ type: 'play' });
    } catch {
      // The engine has said why by an error event, which is on the page.
      this.#store.setState({ activity: 'idle' });
    }
  }

  async #openLive(): Promise<Conversation | null> {
    if (this.#live !== null && !this.#live.ended) return this.#live;
    this.#live?.close();
    this.#live = null;
    this.#store.setState({ activity: 'opening' });
    try {
      const live = new Conversation('live', this.#store, (listener) => this.#sources.openLive(listener));
      await live.open(this.#sources.assets);
      this.#live = live;
      return live;
    } catch (error) {
      this.#store.setState({ activity: 'idle' });
      notify(this.#store, { kind: 'error', detail: detailOf(error) });
      return null;
    }
  }

  /** The engine that holds the current run, or null. */
  get #holder(): Conversation | null {
    const id = this.#state.currentId;
    return (
      [this.#live, this.#recording].find((one) => one !== null && !one.ended && one.runId === id) ?? null
    );
  }

  async play(): Promise<void> {
    const run = currentRun(this.#state);
    if (run === null || run.origin === 'link') return this.runLive();
    if (run.state === 'finished' && run.origin === 'live') return;
    if (this.#holder !== null) {
      this.#holder.send({ type: 'play' });
      return;
    }
    const live = run.origin === 'live' ? await this.#openLive() : null;
    if (live === null) return;
    this.#store.setState({ activity: 'preparing' });
    await this.#load(live, run, { resume: true, play: true });
  }

  pause(): void {
    this.#holder?.send({ type: 'pause' });
  }

  step(count = 1): void {
    if (this.#state.activity === 'idle') this.#holder?.send({ type: 'step', count });
  }

  /** Back to step 0. A live run stays as a ghost, and the notice offers to undo. */
  rewind(): void {
    const run = currentRun(this.#state);
    const holder = this.#holder;
    if (run === null || holder === null || this.#state.activity !== 'idle') return;
    if (run.origin === 'recording' || run.step === 0) {
      holder.send({ type: 'rewind' });
      return;
    }
    const id = `run-${nextSerial()}`;
    const name = runName(run.spec, this.#state.runs.length);
    const again: Run = { ...newRun({ ...run, id, name }), facts: run.facts };
    this.#store.setState((state) => ({
      runs: [
        ...state.runs.map((one) =>
          one.id === run.id ? { ...one, compared: true, state: 'paused' as const } : one,
        ),
        again,
      ],
      currentId: id,
      draft: { ...state.draft, ...liveParts(run.spec) },
    }));
    holder.follow(id);
    holder.send({ type: 'rewind' });
    notify(this.#store, { kind: 'undo', name: run.name, runId: run.id });
    announce(this.#store, 'rewound', 0);
  }

  /** Takes the last rewind back: the old run is loaded again from its checkpoint. */
  async undo(runId: string): Promise<void> {
    const run = this.#state.runs.find((one) => one.id === runId);
    const dropped = this.#state.currentId;
    if (run === undefined || this.#live === null) return;
    this.#store.setState((state) => ({
      runs: state.runs
        .filter((one) => one.id !== dropped)
        .map((one) => (one.id === runId ? { ...one, compared: false } : one)),
      currentId: runId,
      activity: 'preparing',
      notices: state.notices.filter((notice) => notice.kind !== 'undo'),
    }));
    await this.#load(this.#live, run, { resume: true, play: false });
  }

  /** Changes a setting: a live one acts on the running run, any other waits for `apply`. */
  edit(path: string, value: unknown): void {
    this.#store.setState((state) => ({ draft: writePath(state.draft, path, value) }));
    if (path === 'objective.temperature' && this.#state.view.follows && typeof value === 'number') {
      this.#store.setState((state) => ({ view: { ...state.view, temperature: value } }));
    }
    if (typeof value !== 'number' || liveRange(path) === undefined) return;
    if (this.#live === null || this.#live.runId !== this.#state.currentId) return;
    this.#pending.set(path, value);
    this.#timer ??= setTimeout(() => this.#flush(), dragInterval);
  }

  #flush(): void {
    this.#timer = null;
    for (const [path, value] of this.#pending) this.#live?.send({ type: 'set', path, value });
    this.#pending.clear();
  }

  /** Changes how the run is looked at; nothing is trained or sent. */
  look(change: Partial<View>): void {
    this.#store.setState((state) => ({
      view: { ...state.view, ...change },
      ...(change.offset === undefined
        ? {}
        : { draft: writePath(state.draft, 'evaluation.offset', change.offset) }),
    }));
  }

  /** Puts the controls back to what the current run has. */
  discard(): void {
    const run = currentRun(this.#state);
    this.#store.setState({
      draft: run === null ? presetSpec(this.#state.presetId) : { ...currentSpec(run), events: [] },
    });
  }

  liveTeacher(on: boolean): void {
    this.#holder?.send({ type: 'live-teacher', on });
  }

  repeat(count: number): void {
    const run = currentRun(this.#state);
    if (run === null || this.#live === null || this.#live.runId !== run.id) return;
    run.log.forgetReplicates();
    this.#store.setState({ repeat: { index: 0, count, step: 0, total: run.spec.training.steps } });
    this.#live.send({ type: 'repeat', count });
  }

  /** Shows another run of the table. */
  show(id: string): void {
    const run = this.#state.runs.find((one) => one.id === id);
    if (run === undefined || id === this.#state.currentId) return;
    this.pause();
    const draft = { ...currentSpec(run), events: [] };
    this.#store.setState({ currentId: id, draft, presetId: run.presetId, view: initialView(draft) });
  }

  mark(id: string, change: Partial<Pick<Run, 'compared' | 'pinned' | 'name'>>): void {
    changeRun(this.#store, id, change);
  }

  delete(id: string): void {
    if (id === this.#state.currentId) return;
    this.#store.setState((state) => ({ runs: state.runs.filter((run) => run.id !== id) }));
  }

  /** Logits of every model for an input of the task's shape; kept in the view as what was drawn. */
  async classify(input: Float32Array<ArrayBuffer>): Promise<void> {
    const holder = this.#holder;
    if (holder === null || holder.source === 'recording') return;
    const reply = await holder.ask({ type: 'classify', input });
    if (reply.kind === 'failed') this.#fail(reply.detail);
    if (reply.kind !== 'classified') return;
    const drawn = { input, arms: reply.arms, teacher: reply.teacher };
    this.#store.setState((state) => ({ view: { ...state.view, drawn } }));
  }

  /** What dropped files are. Rejects with an error that can be shown. */
  async inspect(files: readonly GivenFile[]): Promise<FileInspection | ErrorDetail> {
    const live = await this.#openLive();
    this.#store.setState({ activity: 'idle' });
    if (live === null) return { code: 'no-engine', problem: 'The engine did not start' };
    const reply = await live.ask({ type: 'inspect', files });
    if (reply.kind === 'inspection') return reply.inspection;
    return reply.kind === 'failed'
      ? reply.detail
      : { code: 'unexpected', problem: 'The engine gave another answer' };
  }

  /** Starts a run of the user's own files. */
  async runFiles(spec: RunSpec, files: readonly GivenFile[]): Promise<void> {
    this.#files = files;
    this.#store.setState({ draft: spec, view: initialView(spec), dialog: null });
    await this.runLive();
  }

  async exportRun(what: Export, arm: number): Promise<Extract<Reply, { kind: 'exported' }> | null> {
    const reply = await this.#holder?.ask({ type: 'export', what, arm });
    if (reply?.kind === 'failed') this.#fail(reply.detail);
    return reply?.kind === 'exported' ? reply : null;
  }

  /** True where the current run is held by a live engine, so that it can classify, export and repeat. */
  get canAsk(): boolean {
    return this.#holder !== null && this.#holder.source === 'live';
  }

  #fail(detail: ErrorDetail): void {
    notify(this.#store, { kind: 'error', detail });
    announce(this.#store, 'error', currentRun(this.#state)?.step ?? 0);
  }
}

/** A run's own events travel with it, so that it can be replayed or resumed. */
function wholeSpecOr(run: Run): RunSpec {
  return run.log.events.length === 0 ? run.spec : wholeSpec(run);
}

/** The groups that hold live settings. */
function liveParts(spec: RunSpec): Pick<RunSpec, 'objective' | 'optimiser'> {
  return { objective: structuredClone(spec.objective), optimiser: structuredClone(spec.optimiser) };
}
