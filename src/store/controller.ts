/**
 * What a person can do, as methods: buttons, keys and the console all call these. It moves between the state and one engine
 * at a time (a recording or a live one). Nothing is downloaded, compiled or trained before `runLive`, `apply` or `play`.
 */
import type { Command, Export, GivenFile } from '../protocol/commands.ts';
import type { OfferedTensor, Reply } from '../protocol/events.ts';
import { detailOf, type ErrorDetail } from '../spec/errors.ts';
import type { LiveEvent, RunSpec } from '../spec/runSpec.ts';
import type { Axis } from '../spec/sweep.ts';
import { Conversation } from './conversation.ts';
import { actsAtOnce, LiveEdits } from './liveEdits.ts';
import { fieldsOf, LiveEngine, type Sources } from './liveEngine.ts';
import { beginAgain, madeRun, type Offered, Origins, putBack, tellBehind } from './liveRuns.ts';
import { writePath, writeSetting } from './paths.ts';
import { answered, askSpeed, askTensors } from './questions.ts';
import { type Remembered, recall } from './remembered.ts';
import { beginRepetition, repeats } from './repetition.ts';
import { currentSpec, forgetHand, liveParts, newRun, type Run } from './run.ts';
import { runName } from './runName.ts';
import {
  type AppState,
  type AppStore,
  announce,
  changeRun,
  currentRun,
  dropError,
  initialView,
  nextSerial,
  notify,
  presetSpec,
  shownRun,
  type View,
} from './state.ts';
import { beginSweep } from './sweep.ts';

export class Controller {
  readonly #store: AppStore;
  readonly #sources: Sources;
  readonly #engine: LiveEngine;
  #recording: Conversation | null = null;
  #files: readonly GivenFile[] = [];
  /** Live events of the settings that are offered: they go into the next run. */
  #events: readonly LiveEvent[] = [];
  /** What each live run of this page was made from, by its id. */
  readonly #origins = new Origins();
  #halts = 0;
  readonly #edits = new LiveEdits((path, value) => this.#live?.send({ type: 'set', path, value }));

  constructor(store: AppStore, sources: Sources) {
    this.#store = store;
    this.#sources = sources;
    this.#engine = new LiveEngine(store, sources);
  }

  get #state(): AppState {
    return this.#store.getState();
  }

  get #live(): Conversation | null {
    return this.#engine.conversation;
  }

  /** How often a pause or a rewind was asked for: whoever waits for steps sees by it that there will be no more. */
  get halts(): number {
    return this.#halts;
  }

  /** Shows a preset with its recorded run. Settings that a link offers instead are there at once, and the run comes beside them. */
  async choosePreset(presetId: string, offered: Offered | null = null): Promise<void> {
    if (offered !== null) this.offer(presetId, offered.spec, offered.ghost, []);
    else {
      const draft = presetSpec(presetId);
      this.pause();
      [this.#files, this.#events] = [[], []];
      this.#store.setState({ presetId, draft, view: initialView(draft), lesson: null });
    }
    await this.showRecording(offered !== null);
  }

  /** Settings from elsewhere (a link, the console): shown, never started. With `ghost` its curves are shown too. */
  offer(presetId: string, spec: RunSpec, ghost: Run | null, files = this.#files): void {
    this.pause();
    this.#files = files;
    this.#engine.turn();
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

  /** The recorded run of the chosen preset; also where it did not come before. `beside` what is shown, or in its place. */
  async showRecording(beside = false): Promise<void> {
    const wish = this.#engine.turn();
    const { presetId } = this.#state;
    dropError(this.#store, 'recording-lost');
    this.#store.setState({ awaited: !beside });
    const recorded = await this.#sources.openRecording(presetId).catch((error: unknown) => {
      notify(this.#store, { kind: 'error', detail: detailOf(error) });
      return null;
    });
    // A slow line must not take the page from whoever has gone on meanwhile.
    if (!this.#engine.isLast(wish)) return;
    this.#recording?.close();
    this.#recording = null;
    const known = this.#state.runs.filter((run) => run.origin !== 'recording');
    const currentId = beside ? this.#state.currentId : null;
    if (recorded === null) return this.#store.setState({ runs: known, currentId, awaited: false });
    const [id, name] = [`recording-${nextSerial()}`, recorded.spec.name || runName(recorded.spec, 0)];
    const run = newRun({ id, name, origin: 'recording', presetId, ...fieldsOf(recorded) });
    this.#store.setState({ runs: [run, ...known], currentId: beside ? currentId : id, awaited: false });
    this.#recording = new Conversation('recording', this.#store, (listener) => recorded.start(listener));
    const command = { type: 'load', spec: recorded.spec, files: [], resume: false } as const;
    await this.#recording.load(run, command).catch(() => undefined);
  }

  /** The first click that costs something: opens an engine, makes a run of the draft and plays it. */
  async runLive(): Promise<void> {
    await this.#start(this.#state.draft, { type: 'play' });
  }

  /** The same without playing it: the run waits at step 0. */
  async prepareLive(): Promise<void> {
    await this.#start(this.#state.draft, null);
  }

  /** A new run from the collected changes. */
  apply(): Promise<void> {
    return this.runLive();
  }

  /** Gives up the run that is being prepared; its settings stay. */
  cancel(): void {
    this.#engine.cancel();
  }

  /** Takes up a run that an earlier visit left unfinished. */
  async resume(left: Remembered): Promise<void> {
    const draft = structuredClone({ ...left.spec, events: [] });
    this.pause();
    this.#events = [];
    this.#store.setState({ presetId: left.presetId, draft, view: initialView(draft) });
    if (await this.#start(draft, null, left)) tellBehind(this.#store, left.step);
  }

  /** A new run; with `resumed`, an earlier visit's run, it goes on from that one's checkpoint. */
  #start(draft: RunSpec, next: Command | null, resumed: Remembered | null = null): Promise<boolean> {
    const before = currentRun(this.#state);
    const left = resumed ?? this.#origins.leftOf(before, draft);
    this.#recording?.send({ type: 'pause' });
    this.#edits.drop();
    const files = this.#files;
    return this.#engine.prepare({ files, resume: left !== null, next }, () => {
      const events = left === null ? this.#events : left.spec.events;
      const spec: RunSpec = structuredClone({ ...draft, events: [...events] });
      this.#events = [];
      const run = madeRun(this.#state, spec, before);
      this.#origins.keep(run.id, { files, left }, this.#state.runs);
      if (left !== null) recall(run, left);
      this.#store.setState((state) => ({
        runs: [...state.runs, run],
        currentId: run.id,
        ...{ repeat: null, sweep: null },
        view: { ...state.view, drawn: null },
      }));
      announce(this.#store, 'preparing', 0);
      return run;
    });
  }

  /** Loads a live run that no engine holds: its engine ended, or has turned to another run. */
  async #takeUp(run: Run, next: Command | null): Promise<void> {
    const { files } = this.#origins.of(run.id) ?? { files: this.#files };
    const ready = await this.#engine.prepare({ files, resume: true, next }, () => run);
    if (ready) tellBehind(this.#store, run.step);
  }

  /** The engine that holds the current run, or null. */
  get #holder(): Conversation | null {
    const id = this.#state.currentId;
    return (
      [this.#live, this.#recording].find((one) => one !== null && !one.ended && one.runId === id) ?? null
    );
  }

  async play(): Promise<void> {
    if (this.#engine.isPreparing) {
      this.#engine.next = { type: 'play' };
      return;
    }
    if (this.#state.awaited) return;
    const run = currentRun(this.#state);
    if (run === null || run.origin === 'link') return this.runLive();
    await this.#act(run, { type: 'play' });
  }

  /** Also takes back a play that waits for its run to be ready, and ends a repetition or a sweep. */
  pause(): void {
    this.#halts += 1;
    this.#engine.next = null;
    this.#edits.flush();
    this.#holder?.send({ type: 'pause' });
    if (repeats(this.#state)) this.#store.setState({ repeat: null, sweep: null });
  }

  step(count = 1): void {
    const run = shownRun(this.#state);
    if (run !== null && this.#state.activity === 'idle') void this.#act(run, { type: 'step', count });
  }

  async #act(run: Run, command: Command): Promise<void> {
    if (run.state === 'finished' && run.origin === 'live') return;
    this.#edits.flush();
    if (run.origin === 'live' && run.facts === null) await this.#start(this.#state.draft, command);
    else if (this.#holder !== null) this.#holder.send(command);
    else if (run.origin === 'live') await this.#takeUp(run, command);
  }

  /** Back to step 0. A live run stays as a ghost, and the notice offers to undo. */
  rewind(): void {
    const run = shownRun(this.#state);
    const holder = this.#holder;
    if (run === null || holder === null || this.#state.activity !== 'idle') return;
    this.#edits.drop();
    if (repeats(this.#state)) this.pause();
    else this.#halts += 1;
    const draft = { ...this.#state.draft, ...liveParts(run.spec) };
    if (run.origin === 'recording' || run.step === 0) {
      if (run.origin === 'live') {
        forgetHand(run);
        this.#store.setState({ draft });
      }
      holder.send({ type: 'rewind' });
      return;
    }
    const id = beginAgain(this.#store, run, draft);
    const { files } = this.#origins.of(run.id) ?? { files: [] };
    this.#origins.keep(id, { left: null, files }, this.#state.runs);
    holder.follow(id);
    holder.send({ type: 'rewind' });
  }

  /** Takes the last rewind back: the old run is loaded again from its checkpoint. */
  async undo(runId: string): Promise<void> {
    const notice = this.#state.notices.find((one) => one.kind === 'undo' && one.runId === runId);
    const run = this.#state.runs.find((one) => one.id === runId);
    if (run === undefined || notice?.kind !== 'undo') return;
    this.pause();
    this.#edits.drop();
    putBack(this.#store, run, notice);
    await this.#takeUp(run, null);
  }

  /** Changes a setting: a live one acts on the running run, any other waits for `apply`. */
  edit(path: string, value: unknown): void {
    this.#store.setState((state) => ({ draft: writeSetting(state.draft, path, value) }));
    if (path === 'objective.temperature' && this.#state.view.follows && typeof value === 'number') {
      this.#store.setState((state) => ({ view: { ...state.view, temperature: value } }));
    }
    const run = shownRun(this.#state);
    if (run === null || this.#live === null || this.#live.runId !== run.id) return;
    if (actsAtOnce(path, value, this.#state.draft, run.spec)) this.#edits.put(path, value);
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
    const run = shownRun(this.#state);
    if (run === null) this.#events = [];
    this.#store.setState({
      draft: run === null ? presetSpec(this.#state.presetId) : { ...currentSpec(run), events: [] },
    });
  }

  liveTeacher(on: boolean): void {
    this.#holder?.send({ type: 'live-teacher', on });
  }

  repeat(count: number): void {
    this.#edits.flush();
    beginRepetition(this.#store, this.#live, count);
  }

  /** Of a checked axis; what is known of it is not run again. */
  sweep(axis: Axis, seeds: number): void {
    this.#edits.flush();
    beginSweep(this.#store, this.#live, axis, seeds);
  }

  /** Shows another run of the table; with `kept`, settings other than its own wait beside it. */
  show(id: string, kept: RunSpec | null = null): void {
    const run = this.#state.runs.find((one) => one.id === id);
    const { currentId, awaited } = this.#state;
    if (run === undefined || (id === currentId && !awaited)) return;
    this.pause();
    this.#engine.turn();
    this.#files = this.#origins.of(id)?.files ?? [];
    this.#events = run.origin === 'link' ? run.spec.events : [];
    const own = { ...currentSpec(run), events: [] };
    const [draft, view] = [kept ?? own, initialView(own)];
    this.#store.setState({ currentId: id, draft, presetId: run.presetId, view });
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
    const { runId } = holder;
    const reply = await holder.ask({ type: 'classify', input });
    if (reply.kind === 'failed') this.#fail(reply.detail);
    if (reply.kind !== 'classified' || this.#state.currentId !== runId) return;
    const drawn = { input, arms: reply.arms, teacher: reply.teacher };
    this.#store.setState((state) => ({ view: { ...state.view, drawn } }));
  }

  /** A question that needs no run, answered by the open engine or with the reason why not, to be shown where it was asked. */
  async inquire<T>(question: (live: Conversation) => Promise<T>): Promise<T | ErrorDetail> {
    return answered(await this.#engine.open(), question);
  }

  /** Starts a run of the user's own files, once both models were timed. */
  async runFiles(spec: RunSpec, files: readonly GivenFile[]): Promise<void> {
    this.#files = files;
    this.#store.setState({ draft: spec, view: initialView(spec), dialog: null });
    const { halts } = this;
    const prepared = this.#start(spec, null);
    const { wish } = this.#engine;
    // Why it failed has been said, and whoever has gone elsewhere meanwhile stays there.
    if (!(await prepared)) return;
    await this.#engine.whileTiming(this.measureSpeed());
    if (this.#engine.isLast(wish) && this.halts === halts) await this.play();
  }

  /** How fast teacher and student of the current run answer. */
  async measureSpeed(): Promise<void> {
    const id = this.#state.currentId;
    if (id === null || this.#live === null || this.#live.runId !== id) return;
    const speed = await askSpeed(this.#live).catch((error: unknown) => this.#fail(detailOf(error)));
    if (speed !== undefined) changeRun(this.#store, id, { speed });
  }

  /** Tensors of the teacher that can be distilled as hidden states; none where they could not be read. */
  async teacherTensors(): Promise<readonly OfferedTensor[]> {
    return (await this.ask((live) => askTensors(live, this.#state.draft, this.#files))) ?? [];
  }

  /** A question that needs no run, to an engine that is opened for it. Null where there is no answer: why is told. */
  async ask<Answer>(question: (live: Conversation) => Promise<Answer>): Promise<Answer | null> {
    const live = await this.#engine.open();
    if (live === null) return null;
    return question(live).catch((error: unknown) => {
      this.#fail(detailOf(error));
      return null;
    });
  }

  async exportRun(what: Export, arm: number): Promise<Extract<Reply, { kind: 'exported' }> | null> {
    const reply = await this.#holder?.ask({ type: 'export', what, arm });
    if (reply?.kind === 'failed') this.#fail(reply.detail);
    return reply?.kind === 'exported' ? reply : null;
  }

  /** A question about the current run, or the reason for no answer. Null where no live engine holds it. */
  async askRun<T>(question: (live: Conversation) => Promise<T>): Promise<T | ErrorDetail | null> {
    return this.canAsk ? answered(this.#holder, question) : null;
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
