// Several teachers as one, from the shipped packs and by hand.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { datasetFromSpec } from '../data/fromSpec.ts';
import { presets } from '../spec/presets.ts';
import { parseRunSpec, type RunSpec } from '../spec/runSpec.ts';
import { storyPresets } from '../spec/storyPresets.ts';
import type { RowTeacher } from '../teachers/rowTeacher.ts';
import type { EngineHost } from './engineHost.ts';
import { fakeHost, Listening } from './fakeHost.ts';
import { openAsked, openTeachers } from './openTeachers.ts';
import { prepareRun, type TeacherHost } from './prepare.ts';
import { Race } from './race.ts';
import { rowsTeacher } from './rowsTeacher.ts';
import { meanAnswers } from './severalTeachers.ts';

const preset = presets.get('few-labels-1')?.spec;
if (preset === undefined) throw new Error('no preset');
const small: RunSpec = {
  ...preset,
  data: { ...preset.data, transfer: 60, labelled: 20, validation: 20, test: 40 },
};
/** The shipped packs, and no model. */
const packs: TeacherHost = {
  asset: (path) => Promise.resolve(new Uint8Array(readFileSync(`public/${path}`))),
  openRows: () => Promise.reject(new RangeError('no model is asked for')),
  identify: () => Promise.reject(new RangeError('no model is asked for')),
};
const members = (first: number, second: number): RunSpec['teacher'] => ({
  source: 'several',
  members: [
    { source: 'builtin', id: 'glyphs-mlp', weight: first },
    { source: 'builtin', id: 'glyphs-mlp-noisy', weight: second },
  ],
  ...{ combine: 'probabilities', delivery: 'pack', provider: 'auto' },
});
const prepared = (teacher: RunSpec['teacher']) => {
  const spec = parseRunSpec({ ...small, teacher });
  return prepareRun(spec, datasetFromSpec(spec, spec.seed), packs, [], () => undefined);
};
const softmax = (row: readonly number[]) => {
  const weights = row.map((z) => Math.exp(z - Math.max(...row)));
  const total = weights.reduce((sum, w) => sum + w, 0);
  return weights.map((w) => w / total);
};

test('probabilities are averaged by weight, whatever the offset of the logits', () => {
  const [a, b] = [Float32Array.of(1, 2, 3, 0, 0, 5), Float32Array.of(103, 100, 100, -7, -7, -7)];
  const mean = meanAnswers([a, b], [1, 3], 'probabilities', 3);
  for (const row of [0, 1]) {
    const of = (all: Float32Array) => softmax([...all.subarray(3 * row, 3 * row + 3)]);
    const wanted = of(a).map((p, i) => 0.25 * p + 0.75 * (of(b)[i] ?? 0));
    of(mean).forEach((p, i) => {
      expect(p).toBeCloseTo(wanted[i] ?? Number.NaN, 6);
    });
  }
});

test('logits are averaged by weight up to their offset, which is the geometric mean of probabilities', () => {
  const [a, b] = [Float32Array.of(1, 2, 3), Float32Array.of(53, 50, 50)];
  const found = softmax([...meanAnswers([a, b], [2, 2], 'logits', 3)]);
  const wanted = softmax([(1 + 53) / 2, (2 + 50) / 2, (3 + 50) / 2]);
  found.forEach((p, i) => {
    expect(p).toBeCloseTo(wanted[i] ?? Number.NaN, 6);
  });
});

test('a class that one excludes another may still give, and with weight 0 a teacher has no say', () => {
  const excludes = Float32Array.of(0, Number.NEGATIVE_INFINITY);
  const even = Float32Array.of(0, 0);
  expect(softmax([...meanAnswers([excludes, even], [1, 1], 'probabilities', 2)])[1]).toBeCloseTo(0.25, 6);
  expect(softmax([...meanAnswers([excludes, even], [1, 1], 'logits', 2)])[1]).toBe(0);
  expect(softmax([...meanAnswers([excludes, even], [0, 2], 'logits', 2)])[1]).toBeCloseTo(0.5, 6);
});

test('two packs make one teacher, which lies between both and is each of them where the other has no weight', async () => {
  const both = await prepared(members(1, 1));
  const alone = await prepared({ source: 'builtin', id: 'glyphs-mlp', delivery: 'pack', provider: 'auto' });
  const [first = null, second = null] = both.answers.members ?? [];
  expect(both.answers.logits).toBeNull();
  expect(first).toEqual(alone.answers.logits);
  expect(second).not.toEqual(first);
  const held = async (one: typeof both, teacher?: RunSpec['teacher']) => [
    ...(await one.test.answer(0, 40, teacher)),
  ];
  const [a, b, mean] = [
    await held(both, members(1, 0)),
    await held(both, members(0, 1)),
    await held(both, members(1, 1)),
  ];
  const known = await held(alone);
  for (let row = 0; row < 40; row++) {
    const at = (one: readonly number[]) => softmax(one.slice(10 * row, 10 * row + 10));
    at(mean).forEach((p, i) => {
      expect(p).toBeCloseTo(0.5 * ((at(a)[i] ?? 0) + (at(b)[i] ?? 0)), 5);
      expect(at(a)[i]).toBeCloseTo(at(known)[i] ?? Number.NaN, 5);
    });
  }
  expect(await held(both)).toEqual(mean);
  expect(both.teacher).toMatchObject({
    delivery: 'pack',
    packBytes: expect.any(Number),
    title: expect.stringContaining(' + '),
  });
  await expect(both.model()).rejects.toMatchObject({ detail: { code: 'teacher-several' } });
});

/** Steps of a run, with what its batch then holds of each teacher and of both. */
async function run(spec: RunSpec, host: TeacherHost & Partial<Pick<EngineHost, 'openLive'>> = packs) {
  const executor = new ReferenceExecutor('float32');
  const ready = await prepareRun(spec, datasetFromSpec(spec, spec.seed), host, [], () => undefined);
  const race = await Race.create(executor, spec, ready);
  const { trainer } = race;
  if (host.openLive !== undefined)
    trainer.liveTeacher = await openTeachers(race, { openLive: host.openLive });
  const told = async () => {
    const { batches } = trainer;
    const [a, b, mean] = [
      await executor.read(batches.answersOf(0)),
      await executor.read(batches.answersOf(1)),
      await executor.read(batches.teacher),
    ];
    return { a, b, mean };
  };
  return { race, trainer, told };
}

function expectMean(
  { a, b, mean }: { readonly a: Float32Array; readonly b: Float32Array; readonly mean: Float32Array },
  weights: readonly [number, number],
) {
  const wanted = meanAnswers([a, b], weights, 'probabilities', 10);
  wanted.forEach((logP, i) => {
    expect(Math.exp(mean[i] ?? Number.NaN)).toBeCloseTo(Math.exp(logP), 5);
  });
}

test('their weights are live: they act on the next batch and on what is judged, and a replay moves them again', async () => {
  const spec = parseRunSpec({
    ...small,
    teacher: members(1, 1),
    student: { kind: 'mlp', hidden: [6], activation: 'relu', norm: 'none', dropout: 0 },
    training: { steps: 4, batch: 8, accumulate: 1, evaluateEvery: 4 },
    arms: [{ kind: 'distilled' }],
  });
  const { race, trainer, told } = await run(spec);
  await trainer.takeStep();
  expectMean(await told(), [1, 1]);
  const before = (await race.evaluations())[0]?.divergence;
  trainer.set('teacher.members.0.weight', 0.1);
  expect((await race.evaluations())[0]?.divergence).not.toBe(before);
  await trainer.takeStep();
  expectMean(await told(), [0.1, 1]);
  trainer.set('teacher.members.0.weight', 0);
  expect(() => trainer.set('teacher.members.1.weight', 0)).toThrow(
    expect.objectContaining({ code: 'spec-several' }),
  );
  await trainer.takeStep();
  const last = await trainer.readMetrics();
  const again = await run({ ...spec, events: [...trainer.events] });
  for (let step = 0; step < 3; step++) await again.trainer.takeStep();
  expect((await again.trainer.readMetrics()).arms).toEqual(last.arms);
  race.dispose();
  again.race.dispose();
});

test('what is told of them together moves with their weights, at the next evaluation', async () => {
  const spec = parseRunSpec({
    ...small,
    teacher: members(1, 1),
    student: { kind: 'mlp', hidden: [6], activation: 'relu', norm: 'none', dropout: 0 },
    training: { steps: 4, batch: 8, accumulate: 1, evaluateEvery: 2 },
    arms: [{ kind: 'distilled' }],
  });
  const page = new Listening({ ...fakeHost(() => new ReferenceExecutor('float32')), asset: packs.asset });
  await page.load(spec);
  page.session.handle({ type: 'set', path: 'teacher.members.0.weight', value: 0.001 });
  await page.playToEnd();
  const told = page.of('teacher').map(({ teacher }) => teacher);
  expect(told).toHaveLength(1);
  const { teacher: wanted } = await prepared(members(0.001, 1));
  expect(told[0]?.softness).toEqual(wanted.softness);
  expect(told[0]?.logitDeviation).not.toBe((await prepared(members(1, 1))).teacher.logitDeviation);
  await page.close();
});

test('a question about a row of the page is answered by all of them, by their weights as they stand', async () => {
  const spec = parseRunSpec({
    ...small,
    teacher: members(1, 1),
    student: { kind: 'mlp', hidden: [6], activation: 'relu', norm: 'none', dropout: 0 },
    arms: [{ kind: 'distilled' }],
  });
  const { race, trainer } = await run(spec);
  const says = [Float32Array.of(3, 0, 0, 0, 0, 0, 0, 0, 0, 0), Float32Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 5)];
  let opened = 0;
  const closed: number[] = [];
  const openRows: TeacherHost['openRows'] = async () => {
    const which = opened++;
    const logits = says[which] ?? new Float32Array(10);
    return {
      ...{ classes: 10, batch: 64, dispose: () => closed.push(which) },
      answer: async () => ({ logits, hidden: [] }),
    };
  };
  const teacher = await openAsked(race, { openRows });
  const ask = async () => [...(await teacher.answer(new Float32Array(256), 1)).logits];
  expect(await ask()).toEqual([...meanAnswers(says, [1, 1], 'probabilities', 10)]);
  trainer.set('teacher.members.0.weight', 0.1);
  expect(await ask()).toEqual([...meanAnswers(says, [0.1, 1], 'probabilities', 10)]);
  teacher.dispose();
  expect(closed).toEqual([0, 1]);
  const broken: TeacherHost['openRows'] = (model) =>
    opened++ === 2 ? openRows(model) : Promise.reject(new RangeError('no room'));
  await expect(openAsked(race, { openRows: broken })).rejects.toThrow('no room');
  expect(closed).toEqual([0, 1, 3]);
  race.dispose();
});

test('two that answer live teach together, and one of them beside recorded answers of the other', async () => {
  const models = ['glyphs-mlp', 'glyphs-mlp-noisy'];
  const asked: string[] = [];
  const openLive: EngineHost['openLive'] = async ({ bytes }, race, member = 0) => {
    const fake: RowTeacher = {
      ...{ classes: 10, batch: 64, dispose: () => asked.push(`closed ${member}`) },
      answer: (_, n) => {
        asked.push(`${member} of ${bytes.length > 0}`);
        const logits = Float32Array.from({ length: 10 * n }, (_, i) => (i % 10 === member ? 5 : 0));
        return Promise.resolve({ logits, hidden: [] });
      },
    };
    const provider = { name: 'wasm', reason: `imagined ${member}` } as const;
    const live = rowsTeacher(fake, race.prepared.dataset, race.executor, member);
    return { ...live, provider, milliseconds: 2, dispose: () => fake.dispose() };
  };
  const of = (...deliveries: readonly ('pack' | undefined)[]): RunSpec =>
    parseRunSpec({
      ...small,
      teacher: {
        ...{ source: 'several', combine: 'probabilities', delivery: 'live', provider: 'auto' },
        members: models.map((id, i) => {
          const delivery = deliveries[i];
          return { source: 'builtin', id, weight: 1 + i, ...(delivery === undefined ? {} : { delivery }) };
        }),
      },
      student: { kind: 'mlp', hidden: [6], activation: 'relu', norm: 'none', dropout: 0 },
      training: { steps: 2, batch: 8, accumulate: 1, evaluateEvery: 2 },
      arms: [{ kind: 'labels' }, { kind: 'distilled' }],
    });
  const both = await run(of(), { ...packs, openLive });
  expect(both.trainer.liveTeacher).toMatchObject({
    provider: { name: 'wasm', reason: 'imagined 0; imagined 1' },
    milliseconds: 4,
  });
  await both.trainer.takeStep();
  expect(asked).toEqual(['0 of true', '1 of true']);
  const told = await both.told();
  expect([told.a[0], told.b[1]]).toEqual([5, 5]);
  expectMean(told, [1, 2]);
  both.race.dispose();
  const one = await run(of('pack'), { ...packs, openLive });
  asked.length = 0;
  await one.trainer.takeStep();
  expect(asked).toEqual(['1 of true']);
  const beside = await one.told();
  expect(beside.b[1]).toBe(5);
  expect(beside.a).not.toEqual(told.a);
  expectMean(beside, [1, 2]);
  one.race.dispose();
  // What fails to open leaves nothing open.
  asked.length = 0;
  const fails: EngineHost['openLive'] = (model, race, member) =>
    member === 1 ? Promise.reject(new RangeError('refused')) : openLive(model, race, member);
  await expect(run(of(), { ...packs, openLive: fails })).rejects.toThrow('refused');
  expect(asked).toEqual(['closed 0']);
});

test('no weight, hidden states, zeros for what one lacks, and recorded answers to texts of the student are refused where they are set', () => {
  const refused = (changes: object, control: string, code = 'spec-several') =>
    expect(() => parseRunSpec({ ...small, ...changes })).toThrow(
      expect.objectContaining({ code, detail: expect.objectContaining({ control }) }),
    );
  refused({ teacher: members(0, 0) }, 'teacher.members.0.weight');
  const hidden = { loss: 'hidden_mse', weight: 1, pairs: [{ student: 0, teacher: 'any' }], maps: 'pool' };
  refused({ teacher: members(1, 1), objective: { ...small.objective, hidden } }, 'objective.hidden');
  const faulty = [{ kind: 'distilled', fault: 'zero_logits' }];
  refused({ teacher: { ...members(1, 1), lacks: [3] }, arms: faulty }, 'arms.0.fault');
  const texts = storyPresets.find(({ id }) => id === 'stories-1')?.spec;
  const file = { source: 'file', sha256: '', input: '', logits: '', weight: 1 };
  const onPolicy = { share: 0.5, temperature: 1, prompt: 4 };
  refused(
    {
      ...texts,
      teacher: { ...members(1, 1), members: [file, { ...file, delivery: 'pack' }], delivery: 'live' },
      objective: { ...texts?.objective, onPolicy },
    },
    'teacher.members.1.delivery',
    'spec-on-policy',
  );
});
