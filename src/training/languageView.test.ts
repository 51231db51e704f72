// What a page is told of a held-out text: surprise and divergence to the digit, and a rest that is exact where it says so.
import { describe, expect, test } from 'vitest';
import { ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { datasetFromSpec } from '../data/fromSpec.ts';
import { divergence, logSoftmax, softmax } from '../losses/distribution.ts';
import { restHeaps } from '../protocol/texts.ts';
import { parseRunSpec, type RunSpec } from '../spec/runSpec.ts';
import { storyPresets } from '../spec/storyPresets.ts';
import type { RowTeacher } from '../teachers/rowTeacher.ts';
import { fakePrepared } from './fakePrepared.ts';
import { LanguageView } from './languageView.ts';
import { Race } from './race.ts';
import { shownTokens, tokenRows } from './tokenRows.ts';

const preset = storyPresets.find(({ id }) => id === 'stories-1')?.spec;
if (preset?.data.task !== 'stories' || preset.student.kind !== 'transformer') throw new Error('no stories');
const spec: RunSpec = parseRunSpec({
  ...preset,
  data: { ...preset.data, transfer: 8, validation: 2, test: 4, length: 12 },
  student: { ...preset.student, layers: 1, width: 8, heads: 2, kvHeads: 1 },
  training: { steps: 4, batch: 2, accumulate: 1, evaluateEvery: 4 },
  arms: [{ kind: 'labels' }, { kind: 'distilled' }],
});
const data = datasetFromSpec(spec, spec.seed);

async function viewed<T>(work: (view: LanguageView, race: Race) => Promise<T>): Promise<T> {
  const executor = new ReferenceExecutor('float32');
  const race = await Race.create(executor, spec, fakePrepared(data));
  const view = LanguageView.of(race);
  if (view === null) throw new Error('no view');
  const before = executor.live.buffers;
  try {
    return await work(view, race);
  } finally {
    view.dispose();
    expect(executor.live.buffers).toBe(before);
    race.dispose();
  }
}

describe('the text that is looked at', () => {
  test('has each token with the surprise and the divergence that its logits give, and no padding', () =>
    viewed(async (view, race) => {
      await view.answer({ type: 'watch', id: 1, text: 2 });
      const picture = await view.picture();
      const { test: split, classNames } = race.prepared.dataset;
      const first = 2 * 12;
      const n = split.valid.subarray(first, first + 12).reduce((sum, one) => sum + one, 0);
      expect(picture).toMatchObject({ text: 2, texts: 4, labels: split.trueLabels.slice(first, first + n) });
      expect(picture.entropy).toEqual(split.entropy?.slice(first, first + n));
      const taught = await race.prepared.test.answer(2, 1);
      const evaluator = race.trainer.evaluator(split.inputs);
      const logits = await evaluator.logits(race.trainer.bindEvaluator(evaluator, 1));
      evaluator.dispose();
      const V = classNames.length;
      for (let row = 0; row < n; row++) {
        const own = logits.subarray((first + row) * V, (first + row + 1) * V);
        const theirs = taught.subarray(row * V, (row + 1) * V);
        const label = picture.labels[row] ?? 0;
        expect(picture.arms[1]?.surprise[row]).toBeCloseTo(-(logSoftmax(own)[label] ?? 0), 5);
        expect(picture.arms[1]?.divergence[row]).toBeCloseTo(divergence(theirs, own), 5);
        expect(picture.shown[row * 9]).toBe(label);
      }
      expect(picture.teacher?.divergence.length).toBe(0);
    }));

  test('is refused where there is none of that number, and the one before it stays', () =>
    viewed(async (view) => {
      await expect(view.answer({ type: 'watch', id: 1, text: 4 })).rejects.toMatchObject({
        detail: { code: 'text-missing' },
      });
      expect((await view.picture()).text).toBe(0);
    }));
});

test('against an averaged copy of the student, the divergence is from it', async () => {
  const executor = new ReferenceExecutor('float32');
  const averaged = parseRunSpec({
    ...spec,
    teacher: { source: 'average', decay: 0.9, delivery: 'live', provider: 'auto' },
    arms: [{ kind: 'distilled' }],
  });
  const race = await Race.create(executor, averaged, {
    ...fakePrepared(data),
    answers: { logits: null, hidden: [] },
  });
  const view = LanguageView.of(race);
  const largest = async () => Math.max(...((await view?.picture())?.arms[0]?.divergence ?? [9]));
  expect(await largest()).toBeLessThan(1e-6);
  for (let i = 0; i < 2; i++) await race.trainer.takeStep();
  const picture = await view?.picture();
  expect(picture?.teacher?.surprise.length).toBe(picture?.labels.length);
  expect(await largest()).toBeGreaterThan(1e-6);
  view?.dispose();
  race.dispose();
});

test('the averaged copy that teaches a student goes on with a text as it stands, not as the student does', async () => {
  const executor = new ReferenceExecutor('float32');
  const averaged = parseRunSpec({
    ...spec,
    teacher: { source: 'average', decay: 0.999999, delivery: 'live', provider: 'auto' },
    optimiser: { ...spec.optimiser, learningRate: 0.1, warmup: 0 },
    objective: { ...spec.objective, mix: 0.1 },
    arms: [{ kind: 'labels' }, { kind: 'distilled' }],
  });
  const prepared = { ...fakePrepared(data), answers: { logits: null, hidden: [] } };
  const race = await Race.create(executor, averaged, prepared);
  const view = LanguageView.of(race);
  const before = executor.live.buffers;
  const prompt = data.dataset.classNames[data.dataset.test.inputs[1] ?? 0] ?? '';
  const written = async (of: 'students' | 'teacher') => {
    const reply = await view?.answer({ type: 'continue', id: 1, prompt, temperature: 0, seed: 1, of });
    return reply?.kind === 'continued' ? reply.written.map(({ tokens }) => [...tokens]) : [];
  };
  const [, first] = await written('students');
  expect(await written('teacher')).toEqual([first]);
  for (let i = 0; i < 4; i++) await race.trainer.takeStep();
  expect((await written('students'))[1]).not.toEqual(first);
  expect(await written('teacher')).toEqual([first]);
  view?.dispose();
  expect(executor.live.buffers).toBe(before);
  race.dispose();
});

test('heaps of the rest are exact at T = 1 and without bound, and near in between', () => {
  const classes = 2_000;
  const logits = Float32Array.from(
    { length: classes },
    (_, c) => 6 * Math.sin(c * 1.7) + ((c * 37) % 11) / 5,
  );
  const labels = Uint32Array.of(5);
  const shown = shownTokens([logits], labels, classes);
  const { rest } = tokenRows(logits, null, { labels, shown, classes });
  const told = new Set(shown);
  const share = (temperature: number) => {
    let sum = 0;
    for (let heap = 0; heap < restHeaps; heap++)
      sum += (rest[2 * heap] ?? 0) * Math.exp((rest[2 * heap + 1] ?? 0) / temperature);
    const named = shown.reduce((total, c) => total + Math.exp((logits[c] ?? 0) / temperature), 0);
    return sum / (sum + named);
  };
  const truth = (temperature: number) =>
    softmax(logits, temperature).reduce((sum, p, c) => sum + (told.has(c) ? 0 : p), 0);
  expect(share(1)).toBeCloseTo(truth(1), 6);
  expect(share(1_000)).toBeCloseTo(truth(1_000), 5);
  for (const temperature of [0.7, 2, 4]) {
    expect(Math.abs(share(temperature) - truth(temperature))).toBeLessThan(0.02);
    expect(truth(temperature)).toBeGreaterThan(0.5);
  }
});

test('a text that waits when the run is left opens no teacher that nobody would give back', async () => {
  const race = await Race.create(new ReferenceExecutor('float32'), spec, fakePrepared(data));
  let [opened, disposed] = [0, 0];
  const open = async (): Promise<RowTeacher> => {
    opened += 1;
    let end: () => void = () => undefined;
    // As the worker of one that is ended in the middle.
    const ended = new Promise<never>((_, reject) => {
      end = () => reject(new RangeError('disposed of'));
    });
    ended.catch(() => undefined);
    const dispose = () => {
      disposed += 1;
      end();
    };
    return { classes: 0, batch: 1, answer: () => ended, next: () => ended, dispose };
  };
  const view = LanguageView.of(race, { open });
  if (view === null) throw new Error('no view');
  const ask = (id: number) =>
    view.answer({ type: 'continue', id, prompt: 'the', temperature: 0, seed: 1, of: 'teacher' });
  const first = ask(1);
  await new Promise((resolve) => setImmediate(resolve));
  const both = [first, ask(2)];
  view.dispose();
  await Promise.allSettled(both);
  await new Promise((resolve) => setImmediate(resolve));
  expect([opened, disposed]).toEqual([1, 1]);
  race.dispose();
});
