// Recordings: they keep what is shown, play it in order, and refuse what only a live engine can do.
import { expect, test } from 'vitest';
import { type EngineEvent, type Evaluation, metricStride, type RunFacts } from '../protocol/events.ts';
import { restHeaps, type TokenRows } from '../protocol/texts.ts';
import { presets } from '../spec/presets.ts';
import { type PlayerClock, RecordingPlayer } from './player.ts';
import { decodeRecording, encodeRecording, record } from './recording.ts';

const spec = presets.get('dark-knowledge-1')?.spec;
if (spec === undefined) throw new Error('no preset');
const adapter = { name: 'a test', software: true, executor: 'reference' } as const;
const made = { adapter: 'a test', command: 'npm run recordings', versions: { stillroom: '0' } };

const facts: RunFacts = {
  spec,
  adapter,
  inputShape: [1, 2, 2],
  classNames: ['0', '1', '2', '3'],
  fingerprint: 'ab',
  teacher: {
    title: 't',
    parameters: 1,
    bytes: 4,
    sha256: '',
    accuracy: 1,
    trainedOn: 1,
    delivery: 'pack',
    provider: null,
    milliseconds: null,
  },
  student: { parameters: 1, bytes: 4, flops: 2 },
  arms: [{ spec: { kind: 'distilled' }, labels: 1, teacherAnswers: 1 }],
  memory: 1,
  dispatches: 1,
  probes: [
    {
      kind: 'samples',
      side: 0,
      inputs: Float32Array.of(0, 1, 51 / 255, 1),
      labels: Uint32Array.of(3),
      teacher: Float32Array.of(1, 2, -3, 4.5),
    },
  ],
  points: new Float32Array(),
  pointLabels: new Uint32Array(),
  pointLabelled: new Uint8Array(),
};

function evaluation(recall: number): Evaluation {
  return {
    n: 4,
    accuracy: recall,
    validationAccuracy: recall,
    agreement: 1,
    agreementWhereTeacherErrs: 0,
    teacherErrs: 0,
    divergence: 0.123_456_789,
    reverseDivergence: 0,
    calibrationError: 0,
    calibrationFloor: 0,
    calibrationGap: 0,
    entropyGap: 0,
    recall: [0, 0, 0, recall],
    classRows: [1, 1, 1, 1],
    confusion: new Array(16).fill(1),
    leftOut: [
      {
        label: 3,
        auc: 1,
        recallByOffset: [0, 1],
        accuracyByOffset: [0, 1],
        matchedOffset: 1,
        matchedRecall: 1,
      },
    ],
    correct: Uint8Array.of(1, 0, 1, 0),
  };
}

/** 400 steps, evaluated every 20; the recall jumps between 200 and 240. */
const events: EngineEvent[] = [{ type: 'ready', facts, step: 0 }];
for (let step = 0; step <= 400; step += 20) {
  if (step > 0) {
    const values = new Float32Array(20 * metricStride).map((_, i) =>
      i % metricStride === 0 ? step / 400 : 0,
    );
    events.push({
      type: 'metrics',
      steps: Uint32Array.from({ length: 20 }, (_, i) => step - 20 + i),
      values: [values],
    });
  }
  events.push({ type: 'evaluation', step, arms: [evaluation(step < 200 ? 0 : step < 240 ? 0.5 : 0.9)] });
  events.push({ type: 'pictures', step, logits: [[Float32Array.of(step, 0, 0, 1)]] });
}

const recording = record(events, made);

/** A clock that moves when told. */
function fakeClock() {
  let [time, tick]: [number, (() => void) | null] = [0, null];
  const clock: PlayerClock = {
    now: () => time,
    every(_, callback) {
      tick = callback;
      return () => {
        tick = null;
      };
    },
  };
  const run = (milliseconds: number) => {
    const end = time + milliseconds;
    while (time < end) {
      time += 50;
      tick?.();
    }
  };
  return { clock, run, running: () => tick !== null };
}

async function player(clock = fakeClock()) {
  const heard: EngineEvent[] = [];
  const engine = new RecordingPlayer(recording, (event) => heard.push(event), clock.clock);
  await Promise.resolve();
  return { heard, engine, clock };
}

const types = (heard: readonly EngineEvent[]) => heard.map((event) => event.type);

test('a recording comes back from its text as it was, numbers to six digits', () => {
  const back = decodeRecording(encodeRecording(recording));
  const last = back.events.filter((event) => event.type === 'evaluation').at(-1);
  expect(last?.arms[0]).toEqual({ ...evaluation(0.9), divergence: 0.123_457 });
  const ready = back.events.find((event) => event.type === 'ready');
  expect(ready?.facts).toEqual(facts);
});

test('at first it shows the finished run, whole', async () => {
  const { heard } = await player();
  expect(types(heard).slice(0, 2)).toEqual(['gate', 'ready']);
  expect(heard.at(-1)).toEqual({ type: 'state', state: 'finished', step: 400, samplesPerSecond: 0 });
  expect(heard.filter((event) => event.type === 'evaluation')).toHaveLength(21);
});

test('played, it begins again and ends where it ended, every event once and in order', async () => {
  const { heard, engine, clock } = await player();
  heard.length = 0;
  engine.send({ type: 'play' });
  clock.run(13_000);
  const steps = heard.flatMap((event) => (event.type === 'evaluation' ? [event.step] : []));
  expect(steps).toEqual(Array.from({ length: 21 }, (_, i) => 20 * i));
  expect(heard.at(-1)).toMatchObject({ type: 'state', state: 'finished', step: 400 });
  expect(clock.running()).toBe(false);
});

test('it dwells where the headline changes: the fortieth part of the run takes more than half of the time', async () => {
  const { heard, engine, clock } = await player();
  engine.send({ type: 'play' });
  heard.length = 0;
  const at = (): number => heard.flatMap((event) => (event.type === 'state' ? [event.step] : [])).at(-1) ?? 0;
  let [before, inside] = [0, 0];
  for (let i = 0; i < 240; i++) {
    clock.run(50);
    if (at() < 180) before += 1;
    else if (at() < 240) inside += 1;
  }
  expect(inside).toBeGreaterThan(120);
  expect(before).toBeLessThan(60);
});

test('pause stops it, step goes to the next evaluated step, rewind to the start', async () => {
  const { heard, engine, clock } = await player();
  engine.send({ type: 'play' });
  clock.run(500);
  engine.send({ type: 'pause' });
  expect(heard.at(-1)).toMatchObject({ type: 'state', state: 'paused' });
  engine.send({ type: 'rewind' });
  expect(heard.at(-1)).toMatchObject({ state: 'paused', step: 0 });
  engine.send({ type: 'step', count: 1 });
  expect(heard.at(-1)).toMatchObject({ state: 'paused', step: 20 });
});

test('what needs a live engine is refused, and says what to press', async () => {
  const { heard, engine } = await player();
  engine.send({ type: 'set', path: 'objective.temperature', value: 2 });
  expect(heard.at(-1)).toMatchObject({
    type: 'error',
    detail: { code: 'recording-view-only', remedy: expect.stringMatching(/Run it live/) },
  });
  engine.send({ type: 'classify', id: 7, input: new Float32Array(4) });
  expect(heard.at(-1)).toMatchObject({ type: 'reply', id: 7, reply: { kind: 'failed' } });
});

test('a broken recording is refused', () => {
  expect(() => decodeRecording('{')).toThrow(/recorded run cannot be read/);
  expect(() => decodeRecording('{"format":2,"madeWith":{},"events":[]}')).toThrow(
    /recorded run cannot be read/,
  );
});

test('pictures of a run are kept closer at its beginning, and of a grid of two classes as differences', () => {
  const side = 64;
  const grid = Float32Array.from({ length: side * side * 2 }, (_, i) => Math.sin(i));
  const plane: RunFacts = {
    ...facts,
    classNames: ['upper', 'lower'],
    probes: [{ kind: 'grid', side, inputs: new Float32Array(), labels: new Uint32Array(), teacher: grid }],
  };
  const looked = Array.from({ length: 31 }, (_, i): EngineEvent[] => [
    { type: 'evaluation', step: 50 * i, arms: [evaluation(1)] },
    { type: 'pictures', step: 50 * i, logits: [[grid]] },
  ]);
  const told = record([{ type: 'ready', facts: plane, step: 0 }, ...looked.flat()], made);
  const kept = decodeRecording(encodeRecording(told)).events.filter((event) => event.type === 'pictures');
  expect(kept.map(({ step }) => step)).toEqual([0, 50, 100, 150, 300, 450, 650, 900, 1200, 1500]);
  const [picture = new Float32Array()] = kept[0]?.logits[0] ?? [];
  for (let cell = 0; cell < side * side; cell++) {
    const [first = 0, second = 0] = grid.subarray(2 * cell);
    expect(picture[2 * cell]).toBe(0);
    expect(Math.abs((picture[2 * cell + 1] ?? Number.NaN) - (second - first))).toBeLessThan(2 / 127);
  }
});

test('of texts that were looked at a few are kept, the last whole, and played at their steps', async () => {
  const rows = (step: number): TokenRows => ({
    logits: Float32Array.of(step / 64, -2, 0.5, 1),
    rest: new Float32Array(2 * 2 * restHeaps),
    surprise: Float32Array.of(0.25, 1.5),
    divergence: Float32Array.of(0.5, 0.125),
  });
  const texts = [0, 20, 40, 60, 80, 100, 120, 140].map((step): EngineEvent => {
    const [inputs, labels] = [Uint32Array.of(0, 7), Uint32Array.of(7, 151_935)];
    const shown = Uint32Array.of(7, 1, 151_935, 2);
    const seen = { text: 0, texts: 3, inputs, labels, entropy: null, shown };
    return { type: 'text', step, picture: { ...seen, teacher: rows(0), arms: [rows(step)] } };
  });
  const recorded = decodeRecording(encodeRecording(record([...events, ...texts], made)));
  const kept = recorded.events.filter((event) => event.type === 'text');
  expect(kept.map(({ step }) => step)).toEqual([0, 20, 40, 60, 80, 100, 140]);
  expect(kept.at(-1)).toEqual(texts.at(-1));
  const heard: EngineEvent[] = [];
  const engine = new RecordingPlayer(recorded, (event) => heard.push(event));
  await Promise.resolve();
  const told = () => heard.filter((event) => event.type === 'text').map(({ step }) => step);
  expect(told()).toEqual([0, 20, 40, 60, 80, 100, 140]);
  engine.send({ type: 'watch', id: 4, text: 1 });
  expect(heard.at(-1)).toMatchObject({ type: 'reply', id: 4, reply: { kind: 'failed' } });
  engine.close();
});
