/**
 * An Engine that invents a plausible run, for tests of the store and for looking at the page while nothing trains.
 * It computes nothing real, and nothing that ships imports it: its figures must never be seen by a user.
 */
import type { CheckedLoss } from '../protocol/checks.ts';
import type { Command } from '../protocol/commands.ts';
import type { Engine, Listener } from '../protocol/engine.ts';
import {
  type Evaluation,
  metricStride,
  type Probe,
  type RunFacts,
  type RunState,
} from '../protocol/events.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { imaginedReport } from './fakeReports.ts';
import { imaginedSweep } from './fakeSweep.ts';

const adapter = { name: 'Imagined adapter', software: true, executor: 'gpu' } as const;
/** Which digits look alike, roughly. */
const alike = ['06', '17', '23', '3825', '49', '5368', '658', '719', '8359', '947'];

export interface FakeOptions {
  /** Steps between two events, and milliseconds between two beats; 0 waits for `beat`. */
  readonly stride: number;
  readonly interval: number;
  /** Seeds that are told at once at `load`, as a recording has them. */
  readonly seeds: number;
  /** Step at which the run stands after `load`. */
  readonly start: number;
}

export class FakeEngine implements Engine {
  readonly sent: Command[] = [];
  readonly #tell: Listener;
  readonly #options: FakeOptions;
  #spec: RunSpec | null = null;
  #facts: RunFacts | null = null;
  #step = 0;
  #state: RunState = 'paused';
  #timer: ReturnType<typeof setInterval> | null = null;

  constructor(listener: Listener, options: Partial<FakeOptions> = {}) {
    this.#tell = listener;
    this.#options = { stride: 50, interval: 120, seeds: 0, start: 0, ...options };
  }

  send(command: Command): void {
    this.sent.push(command);
    queueMicrotask(() => this.#obey(command));
  }

  close(): void {
    this.#halt('paused');
  }

  #obey(command: Command): void {
    switch (command.type) {
      case 'open':
        return this.#tell({ type: 'gate', adapter, missing: null });
      case 'load':
        return this.#load(command.spec);
      case 'play':
        if (this.#state === 'finished') this.#step = 0;
        this.#say('playing');
        if (this.#options.interval > 0)
          this.#timer ??= setInterval(() => this.beat(), this.#options.interval);
        return;
      case 'pause':
        return this.#halt('paused');
      case 'step':
        if (this.#state === 'playing') this.#halt('paused');
        this.#step += command.count;
        return this.#halt('paused');
      case 'rewind':
        this.#step = 0;
        this.#halt('paused');
        return this.#evaluate();
      case 'set':
        return this.#tell({
          type: 'setting',
          event: { step: this.#step, path: command.path, value: command.value },
        });
      case 'live-teacher':
        if (this.#facts === null) return;
        return this.#tell({
          type: 'teacher',
          teacher: {
            ...this.#facts.teacher,
            delivery: command.on ? 'live' : 'pack',
            provider: { name: 'wasm', reason: 'imagined' },
          },
        });
      case 'repeat':
        return this.#repeat(command.count);
      case 'sweep':
        return imaginedSweep(command, this.#need(), this.#facts, evaluation, this.#tell);
      case 'classify':
        return this.#classify(command.id);
      case 'check':
        return this.#check(command.id, command.losses);
      case 'ping':
        return this.#tell({ type: 'reply', id: command.id, reply: { kind: 'pong' } });
      case 'inspect':
      case 'keep':
      case 'watch':
      case 'continue':
      case 'attend':
      case 'speed':
      case 'tensors':
      case 'scalings':
      case 'export':
        return this.#tell({
          type: 'reply',
          id: command.id,
          reply: { kind: 'failed', detail: { code: 'fake', problem: 'This engine is imagined' } },
        });
      case 'close':
        return;
    }
  }

  /** One stride of steps with all that belongs to it. */
  beat(): void {
    const { steps } = this.#need().training;
    const from = this.#step;
    this.#step = Math.min(steps, from + this.#options.stride);
    this.#rows(from, this.#step);
    this.#evaluate();
    if (this.#step === steps) this.#halt('finished');
    else this.#say('playing');
  }

  #load(spec: RunSpec): void {
    this.#halt('paused');
    this.#spec = spec;
    this.#facts = factsOf(spec);
    this.#step = this.#options.start;
    this.#tell({ type: 'ready', facts: this.#facts, step: this.#step });
    for (let step = 0; step <= this.#step; step += spec.training.evaluateEvery) {
      this.#tell({ type: 'evaluation', step, arms: spec.arms.map((_, arm) => evaluation(spec, arm, step)) });
    }
    this.#rows(0, this.#step);
    this.#repeat(this.#options.seeds);
    this.#evaluate();
    this.#say(this.#step >= spec.training.steps ? 'finished' : 'paused');
  }

  #rows(from: number, to: number): void {
    const spec = this.#need();
    const steps = Uint32Array.from({ length: Math.max(0, to - from) }, (_, row) => from + row + 1);
    const values = spec.arms.map((_, arm) => {
      const rows = new Float32Array(steps.length * metricStride);
      for (const [row, step] of steps.entries()) {
        const left = 1 - 0.9 * skill(arm, step) + 0.05 * Math.sin(step * 1.7 + arm);
        rows.set([3 * left, left, 20 * left, 0, 0, 0, left * 0.4, left * 0.9], row * metricStride);
      }
      return rows;
    });
    this.#tell({ type: 'metrics', steps, values });
  }

  #evaluate(): void {
    const spec = this.#need();
    const step = this.#step;
    this.#tell({ type: 'evaluation', step, arms: spec.arms.map((_, arm) => evaluation(spec, arm, step)) });
    const logits = (this.#facts?.probes ?? []).map((probe) =>
      spec.arms.map((_, arm) => studentLogits(spec, probe, arm, step)),
    );
    this.#tell({ type: 'pictures', step, logits });
  }

  #repeat(count: number): void {
    const spec = this.#need();
    const total = spec.training.steps;
    const steps = Array.from({ length: Math.floor(total / 50) + 1 }, (_, at) => at * 50);
    for (let index = 0; index < count; index++) {
      const arms = spec.arms.map((_, arm) => evaluation(spec, arm, total, index));
      const curves = spec.arms.map((_, arm) =>
        steps.map((step) => {
          const e = evaluation(spec, arm, step, index);
          const label = spec.data.leaveOut[0];
          return label === undefined ? e.accuracy : (e.recall[label] ?? 0);
        }),
      );
      const seed = spec.seed + index;
      const at = { index, count, seed, step: total, total };
      this.#tell({ type: 'replicate', ...at, finished: true, arms, steps, curves });
    }
  }

  #check(id: number, losses: readonly CheckedLoss[] | 'catalogue'): void {
    const wanted = losses === 'catalogue' ? [{ id: 'forward_kl', parameters: {} }] : losses;
    const reports = wanted.map(imaginedReport);
    reports.forEach((report, index) => {
      this.#tell({ type: 'checked', id, index, count: reports.length, report });
    });
    this.#tell({ type: 'reply', id, reply: { kind: 'checked', reports } });
  }

  #classify(id: number): void {
    const facts = this.#facts;
    const probe = facts?.probes[0];
    if (facts === null || probe === undefined) return;
    const classes = facts.classNames.length;
    const arms = this.#need().arms.map((_, arm) =>
      studentLogits(facts.spec, probe, arm, this.#step).slice(0, classes),
    );
    const teacher = probe.teacher.slice(0, classes);
    this.#tell({ type: 'reply', id, reply: { kind: 'classified', arms, teacher } });
  }

  #halt(state: RunState): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    if (this.#spec !== null) this.#say(state);
  }

  #say(state: RunState): void {
    this.#state = state;
    this.#tell({
      type: 'state',
      state,
      step: this.#step,
      samplesPerSecond: state === 'playing' ? 48_000 : 0,
    });
  }

  #need(): RunSpec {
    if (this.#spec === null) throw new Error('Nothing is loaded.');
    return this.#spec;
  }
}

function skill(arm: number, step: number, seed = 0): number {
  const middle = 420 + 30 * seed - 40 * arm;
  return 1 / (1 + Math.exp(-(step - middle) / 130));
}

export function evaluation(spec: RunSpec, arm: number, step: number, seed = 0): Evaluation {
  const classes = spec.data.task === 'planes' ? 2 : 10;
  const kind = spec.arms[arm]?.kind ?? 'labels';
  const ceiling = { labels: 0.9, smoothed: 0.91, hard: 0.95, distilled: 0.985 }[kind];
  const floor = { labels: 0, smoothed: 0, hard: 0.02, distilled: 0.93 }[kind];
  const k = skill(arm, step, seed);
  const accuracy = 1 / classes + (ceiling - 1 / classes) * Math.min(1, k * 1.05);
  const unseen = spec.data.leaveOut;
  const recall = Array.from({ length: classes }, (_, c) => (unseen.includes(c) ? floor * k : accuracy));
  const n = spec.data.test;
  const rows = Array.from({ length: classes }, () => n / classes);
  const confusion = rows.flatMap((count, truth) =>
    rows.map((_, guess) =>
      Math.round(
        count * (truth === guess ? (recall[truth] ?? 0) : (1 - (recall[truth] ?? 0)) / (classes - 1)),
      ),
    ),
  );
  return {
    n,
    accuracy,
    validationAccuracy: accuracy - 0.001,
    agreement: accuracy,
    agreementWhereTeacherErrs: 0.4,
    teacherErrs: 16,
    divergence: 2 * (1 - k) + 0.05,
    reverseDivergence: 2.4 * (1 - k) + 0.06,
    calibrationError: 0.02 + 0.05 * (1 - k),
    calibrationFloor: 0.01,
    calibrationGap: -0.02,
    entropyGap: 0.8 * (1 - k),
    recall,
    classRows: rows,
    confusion,
    leftOut: unseen.map((label) => ({
      label,
      auc: 0.5 + 0.49 * k,
      recallByOffset: Array.from({ length: 21 }, (_, o) => Math.min(1, (recall[label] ?? 0) + o * 0.04)),
      accuracyByOffset: Array.from({ length: 21 }, (_, o) => accuracy - o * 0.01),
      matchedOffset: 4,
      matchedRecall: 0.9,
    })),
    correct: Uint8Array.from({ length: n }, (_, row) => ((row * 37) % n < accuracy * n ? 1 : 0)),
  };
}

function factsOf(spec: RunSpec): RunFacts {
  const planes = spec.data.task === 'planes';
  const classes = planes ? 2 : 10;
  const points = Float32Array.from({ length: 400 }, (_, at) => Math.sin(at * 12.9898) * 1.6);
  return {
    spec,
    adapter,
    inputShape: planes ? [2] : [1, 16, 16],
    classNames: Array.from({ length: classes }, (_, c) => String(c)),
    fingerprint: 'imagined',
    teacher: {
      title: 'Imagined teacher',
      parameters: 399_370,
      bytes: 1_597_480,
      sha256: '0'.repeat(64),
      accuracy: 0.992,
      trainedOn: 60_000,
      delivery: 'pack',
      provider: null,
      milliseconds: null,
      recall: Array.from({ length: classes }, () => 0.99),
    },
    student: { parameters: 134_922, bytes: 539_688, flops: 268_000 },
    arms: spec.arms.map((arm) => ({
      spec: arm,
      labels: 10_000,
      teacherAnswers: arm.kind === 'labels' ? 0 : 10_000,
    })),
    memory: 41_943_040,
    dispatches: 74,
    probes: planes ? [gridProbe(48)] : [digitsProbe(spec)],
    points: planes ? points : new Float32Array(0),
    pointLabels: Uint32Array.from({ length: planes ? 200 : 0 }, (_, at) =>
      (points[at * 2 + 1] ?? 0) > 0 ? 1 : 0,
    ),
    pointLabelled: Uint8Array.from({ length: planes ? 200 : 0 }, (_, at) => (at % 10 === 0 ? 1 : 0)),
  };
}

function gridProbe(side: number): Probe {
  const at = (index: number) => -2 + (4 * (index + 0.5)) / side;
  const inputs = Float32Array.from({ length: side * side * 2 }, (_, i) =>
    i % 2 === 0 ? at((i >> 1) % side) : -at(Math.floor((i >> 1) / side)),
  );
  const teacher = Float32Array.from(inputs, (_, i) => {
    const [x, y] = [inputs[i & ~1] ?? 0, inputs[i | 1] ?? 0];
    return (i % 2 === 0 ? -6 : 6) * (y - Math.sin(x * 2) * 0.6);
  });
  return { kind: 'grid', side, inputs, labels: new Uint32Array(0), teacher };
}

function digitsProbe(spec: RunSpec): Probe {
  const unseen = spec.data.leaveOut[0];
  const labels = Uint32Array.from({ length: 20 }, (_, at) => (at < 10 ? (unseen ?? at) : at - 10));
  const inputs = new Float32Array(labels.length * 256);
  for (const [row, digit] of labels.entries())
    drawDigit(inputs.subarray(row * 256, (row + 1) * 256), digit, row);
  const teacher = new Float32Array(labels.length * 10);
  for (const [row, digit] of labels.entries()) {
    for (let c = 0; c < 10; c++) {
      const rank = (alike[digit] ?? '').indexOf(String(c));
      const base = rank === 0 ? 34 : rank > 0 ? 20 - 5 * rank : -4;
      teacher[row * 10 + c] = base + 5 * Math.sin(row * 7.1 + c * 3.3);
    }
  }
  return { kind: 'samples', side: 0, inputs, labels, teacher };
}

function studentLogits(spec: RunSpec, probe: Probe, arm: number, step: number): Float32Array<ArrayBuffer> {
  const kind = spec.arms[arm]?.kind ?? 'labels';
  const k = skill(arm, step) * { labels: 0.8, smoothed: 0.7, hard: 0.9, distilled: 1 }[kind];
  const classes = spec.data.task === 'planes' ? 2 : 10;
  return probe.teacher.map((logit, i) => {
    const c = i % classes;
    const noise = 4 * Math.sin(i * 2.3 + arm * 1.1) * (1.1 - k);
    const blind = spec.data.leaveOut.includes(c) && (kind === 'labels' || kind === 'hard') ? -40 : 0;
    return k * logit * (kind === 'labels' ? 1.3 : 1) + noise + blind * Math.min(1, step / 100);
  });
}

/** Seven segments with a slant: a digit that can be told apart, no more. */
function drawDigit(into: Float32Array, digit: number, row: number): void {
  const segments =
    ['abcdef', 'bc', 'abged', 'abgcd', 'fgbc', 'afgcd', 'afgedc', 'abc', 'abcdefg', 'abcfgd'][digit] ?? '';
  const ends: Record<string, readonly [number, number, number, number]> = {
    a: [5, 2, 10, 2],
    b: [10, 2, 10, 7],
    c: [10, 7, 10, 13],
    d: [5, 13, 10, 13],
    e: [5, 7, 5, 13],
    f: [5, 2, 5, 7],
    g: [5, 7, 10, 7],
  };
  const slant = 0.12 * Math.sin(row * 1.9);
  for (const segment of segments) {
    const [x0, y0, x1, y1] = ends[segment] ?? [0, 0, 0, 0];
    for (let at = 0; at <= 24; at++) {
      const y = y0 + ((y1 - y0) * at) / 24;
      const x = x0 + ((x1 - x0) * at) / 24 + slant * (8 - y);
      for (let py = Math.floor(y) - 1; py <= y + 2; py++) {
        for (let px = Math.floor(x) - 1; px <= x + 2; px++) {
          if (px < 0 || py < 0 || px > 15 || py > 15) continue;
          const ink = Math.max(0, 1.15 - Math.hypot(px - x, py - y) * 0.75);
          into[py * 16 + px] = Math.min(1, Math.max(into[py * 16 + px] ?? 0, ink));
        }
      }
    }
  }
}
