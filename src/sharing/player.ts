/**
 * Plays a recording through the engine's own events: finished at first, then from the start as slowly as its headline
 * changes. It trains nothing; what needs a live engine is refused with a clear error.
 */
import type { Command } from '../protocol/commands.ts';
import type { Engine, Listener } from '../protocol/engine.ts';
import { type EngineEvent, metricStride, type RunFacts } from '../protocol/events.ts';
import type { Recording } from './recording.ts';

export interface PlayerClock {
  now(): number;
  /** Calls back again and again until the returned function is called. */
  every(milliseconds: number, tick: () => void): () => void;
}

const realClock: PlayerClock = {
  now: () => performance.now(),
  every(milliseconds, tick) {
    const timer = setInterval(tick, milliseconds);
    return () => clearInterval(timer);
  },
};

/** Time of a whole replay, and share of it that is spread evenly over the steps; the rest goes where things change. */
const playTime = 12_000;
const evenShare = 0.35;
const tickTime = 50;

type Metrics = Extract<EngineEvent, { type: 'metrics' }>;

export class RecordingPlayer implements Engine {
  readonly #listener: Listener;
  readonly #clock: PlayerClock;
  readonly #facts: RunFacts;
  readonly #events: readonly EngineEvent[];
  readonly #timeline: Timeline;
  #step: number;
  #stop: (() => void) | null = null;

  constructor(recording: Recording, listener: Listener, clock: PlayerClock = realClock) {
    this.#listener = listener;
    this.#clock = clock;
    const ready = recording.events.find((event) => event.type === 'ready');
    if (ready === undefined) throw new RangeError('a recording without a run');
    this.#facts = ready.facts;
    this.#events = recording.events;
    this.#timeline = new Timeline(recording.events, ready.facts);
    this.#step = this.#timeline.last;
    // The listener may not be able to hear before this constructor has returned.
    queueMicrotask(() => this.#finished());
  }

  send(command: Command): void {
    switch (command.type) {
      case 'open':
        return this.#emit({ type: 'gate', adapter: this.#facts.adapter, missing: null });
      case 'load':
        return this.#finished();
      case 'play':
        return this.#play();
      case 'pause':
        return this.#pause();
      case 'step':
        this.#pause();
        return this.#advance(this.#timeline.after(this.#step));
      case 'rewind':
        this.#pause();
        return this.#rewind();
      case 'ping':
        return this.#emit({ type: 'reply', id: command.id, reply: { kind: 'pong' } });
      case 'close':
        return this.close();
      case 'inspect':
      case 'scalings':
      case 'keep':
      case 'classify':
      case 'watch':
      case 'continue':
      case 'attend':
      case 'export':
        return this.#emit({ type: 'reply', id: command.id, reply: { kind: 'failed', detail: viewOnly } });
      case 'set':
      case 'live-teacher':
      case 'repeat':
      case 'sweep':
        return this.#emit({ type: 'error', detail: viewOnly });
    }
  }

  close(): void {
    this.#stop?.();
    this.#stop = null;
  }

  /** Everything at once, as a finished picture. */
  #finished(): void {
    this.#emit({ type: 'gate', adapter: this.#facts.adapter, missing: null });
    this.#emit({ type: 'ready', facts: this.#facts, step: this.#timeline.last });
    for (const event of this.#events) if (event.type === 'replicate') this.#emit(event);
    this.#between(-1, this.#timeline.last);
    this.#step = this.#timeline.last;
    this.#state('finished');
  }

  #play(): void {
    if (this.#stop !== null) return;
    if (this.#step >= this.#timeline.last) this.#rewind();
    const from = this.#clock.now() - this.#timeline.timeOf(this.#step);
    this.#state('playing');
    this.#stop = this.#clock.every(tickTime, () => {
      const step = this.#timeline.stepAt(this.#clock.now() - from);
      if (step > this.#step) this.#advance(step);
      if (this.#step < this.#timeline.last) return;
      this.close();
      this.#state('finished');
    });
  }

  #pause(): void {
    if (this.#stop === null) return;
    this.close();
    this.#state('paused');
  }

  #rewind(): void {
    this.#step = 0;
    this.#emit({ type: 'ready', facts: this.#facts, step: 0 });
    this.#between(-1, 0);
    this.#state('paused');
  }

  #advance(step: number): void {
    this.#between(this.#step, step);
    this.#step = step;
    this.#state(this.#stop === null ? (step >= this.#timeline.last ? 'finished' : 'paused') : 'playing');
  }

  /** What happened after step `from` up to `to`. */
  #between(from: number, to: number): void {
    for (const event of this.#events) {
      if (event.type === 'metrics') {
        const rows = rowsBetween(event, from, to);
        if (rows !== null) this.#emit(rows);
      } else if (event.type === 'evaluation' || event.type === 'pictures' || event.type === 'text') {
        if (event.step > from && event.step <= to) this.#emit(event);
      } else if (event.type === 'setting' && event.event.step > from && event.event.step <= to) {
        this.#emit(event);
      }
    }
  }

  #state(state: 'playing' | 'paused' | 'finished'): void {
    this.#emit({ type: 'state', state, step: this.#step, samplesPerSecond: 0 });
  }

  #emit(event: EngineEvent): void {
    this.#listener(event);
  }
}

const viewOnly = {
  code: 'recording-view-only',
  problem: 'This is a recorded run',
  remedy: 'Press Run it live to change or use it',
} as const;

function rowsBetween(event: Metrics, from: number, to: number): Metrics | null {
  const kept = Array.from(event.steps.keys()).filter((i) => {
    const done = (event.steps[i] ?? 0) + 1;
    return done > from && done <= to;
  });
  const [first] = kept;
  if (first === undefined) return null;
  const values = event.values.map((arm) =>
    arm.slice(first * metricStride, (first + kept.length) * metricStride),
  );
  return { type: 'metrics', steps: event.steps.slice(first, first + kept.length), values };
}

/** When each evaluated step is shown: time is given out by how much the headline of any arm changes there. */
class Timeline {
  readonly last: number;
  readonly #steps: readonly number[];
  readonly #times: readonly number[];

  constructor(events: readonly EngineEvent[], facts: RunFacts) {
    const evaluations = events.filter((event) => event.type === 'evaluation').sort((a, b) => a.step - b.step);
    const [label] = facts.spec.data.leaveOut;
    const headlines = evaluations.map(({ arms }) =>
      arms.map((arm) => (label === undefined ? arm.accuracy : (arm.recall[label] ?? 0))),
    );
    const changes = headlines.map((now, i) =>
      Math.max(0, ...now.map((value, arm) => Math.abs(value - (headlines[i - 1]?.[arm] ?? value)))),
    );
    const total = changes.reduce((sum, change) => sum + change, 0) || 1;
    this.#steps = evaluations.map(({ step }) => step);
    this.last = this.#steps.at(-1) ?? 0;
    let time = 0;
    this.#times = this.#steps.map((step, i) => {
      const evenly = (step - (this.#steps[i - 1] ?? 0)) / Math.max(1, this.last);
      time += playTime * (evenShare * evenly + (1 - evenShare) * ((changes[i] ?? 0) / total));
      return time;
    });
  }

  timeOf(step: number): number {
    const at = this.#steps.findIndex((known) => known >= step);
    return step === 0 || at < 0 ? 0 : (this.#times[at] ?? 0);
  }

  /** The last step shown by then, between evaluations in proportion. */
  stepAt(time: number): number {
    const at = this.#times.findIndex((known) => known > time);
    if (at < 0) return this.last;
    const [t0, t1] = [this.#times[at - 1] ?? 0, this.#times[at] ?? 1];
    const [s0, s1] = [this.#steps[at - 1] ?? 0, this.#steps[at] ?? 0];
    return Math.floor(s0 + ((s1 - s0) * (time - t0)) / Math.max(1e-9, t1 - t0));
  }

  /** The next evaluated step. */
  after(step: number): number {
    return this.#steps.find((known) => known > step) ?? this.last;
  }
}
