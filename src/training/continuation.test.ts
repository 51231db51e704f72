// Texts that go on, and where models look: each student writes what its own logits say, a teacher stops where it should,
// and weights of attention are those that the kernel mixes by.
import { describe, expect, test } from 'vitest';
import { ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { datasetFromSpec } from '../data/fromSpec.ts';
import { storyTask } from '../data/stories.ts';
import { attention } from '../kernels/attention.ts';
import { parseRunSpec, type StudentSpec } from '../spec/runSpec.ts';
import { storyPresets } from '../spec/storyPresets.ts';
import type { NextToken, RowTeacher } from '../teachers/rowTeacher.ts';
import { attentionWeights, taughtWeights } from './attentionMaps.ts';
import { promptTokens, rereading, teacherWrites } from './continuation.ts';
import { fakePrepared } from './fakePrepared.ts';
import { LanguageView, type ViewedTeacher } from './languageView.ts';
import { Race } from './race.ts';

const preset = storyPresets.find(({ id }) => id === 'stories-1')?.spec;
if (preset?.data.task !== 'stories' || preset.student.kind !== 'transformer') throw new Error('no stories');
const length = 12;
const { data, student: transformer } = preset;
const { vocabulary } = storyTask('word', length);
const classes = vocabulary.pieces.length;
const causalConv: StudentSpec = {
  ...{ kind: 'causal_conv', layers: 1, width: 8, kernel: 2, activation: 'gelu', tied: true, dropout: 0 },
};

async function viewed<T>(
  work: (view: LanguageView, race: Race) => Promise<T>,
  student: StudentSpec = { ...transformer, layers: 2, width: 8, heads: 2, kvHeads: 1 },
  teacher: ViewedTeacher | null = null,
): Promise<T> {
  const spec = parseRunSpec({
    ...preset,
    data: { ...data, transfer: 8, validation: 2, test: 4, length },
    student,
    training: { steps: 4, batch: 2, accumulate: 1, evaluateEvery: 4 },
    arms: [{ kind: 'labels' }, { kind: 'distilled' }],
  });
  const executor = new ReferenceExecutor('float32');
  const race = await Race.create(executor, spec, fakePrepared(datasetFromSpec(spec, spec.seed)));
  const view = LanguageView.of(race, teacher);
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

const prompt = 'Zoe has three';
const wish = { type: 'continue', id: 1, prompt, temperature: 0, seed: 7, of: 'students' } as const;

describe.each([
  ['a transformer', undefined],
  ['causal convolutions', causalConv],
] as const)('%s', (_, student) => {
  test('goes on with the token that its own logits favour, in each arm', () =>
    viewed(async (view, race) => {
      for (let i = 0; i < 2; i++) await race.trainer.takeStep();
      const reply = await view.answer(wish);
      if (reply.kind !== 'continued') throw new Error(reply.kind);
      expect(reply).toMatchObject({ step: 2, written: { length: 2 } });
      const given = promptTokens(prompt, vocabulary, length);
      for (const [arm, { tokens }] of reply.written.entries()) {
        const inputs = new Uint32Array(length);
        inputs.set([...given, ...tokens].slice(0, length));
        const evaluator = race.trainer.evaluator(inputs);
        const logits = await evaluator.logits(race.trainer.bindEvaluator(evaluator, arm));
        evaluator.dispose();
        expect(tokens.length).toBeGreaterThan(0);
        tokens.forEach((token, i) => {
          const row = given.length + i - 1;
          const own = logits.subarray(row * classes, (row + 1) * classes);
          expect(own[token]).toBeCloseTo(Math.max(...own), 4);
        });
      }
    }, student));
});

test('the same seed writes the same text, and another temperature another', () =>
  viewed(async (view) => {
    const write = async (temperature: number) => {
      const reply = await view.answer({ ...wish, temperature });
      return reply.kind === 'continued' ? [...(reply.written[1]?.tokens ?? [])] : [];
    };
    const [first, again, hotter] = [await write(1), await write(1), await write(9)];
    expect(again).toEqual(first);
    expect(hotter).not.toEqual(first);
  }));

test('a prompt of unknown words, or one that leaves no room, is refused with the reason', () =>
  viewed(async (view) => {
    const codeOf = (text: string) =>
      view.answer({ ...wish, prompt: text }).then(
        () => 'no error',
        (error: { code?: string }) => error.code,
      );
    expect(await codeOf('Zoe quaffs')).toBe('prompt-unknown');
    expect(await codeOf('Zoe '.repeat(length))).toBe('prompt-long');
    expect(await codeOf('')).toBe('no error');
    expect(() => promptTokens('', { ...vocabulary, begin: null }, length)).toThrow(
      expect.objectContaining({ code: 'prompt-empty' }),
    );
    await expect(view.answer({ ...wish, of: 'teacher' })).rejects.toMatchObject({ code: 'no-teacher' });
  }));

describe('a teacher', () => {
  /** Always likes the token after the last one; the mark of the end follows token 5. */
  const rows = (inputs: Uint32Array) => {
    const logits = new Float32Array(inputs.length * classes);
    inputs.forEach((token, row) => {
      logits[row * classes + (token === 5 ? 1 : token + 1)] = 40;
    });
    return Promise.resolve(logits);
  };
  const next = rereading(rows, length, vocabulary);
  /** Keeps what it has read, as [known, tokens] of each call. */
  const remembering = (): { calls: (readonly [number, readonly number[]])[]; next: NextToken } => {
    const calls: (readonly [number, readonly number[]])[] = [];
    return {
      calls,
      async next(tokens, known) {
        calls.push([known, [...tokens]]);
        return (await rows(tokens)).subarray(-classes);
      },
    };
  };

  test('goes on token by token until its mark of the end, greedily and drawn alike where it is sure', async () => {
    const settings = { positions: length, end: vocabulary.end, patience: 1_000 };
    for (const temperature of [0, 1]) {
      const { tokens, finish } = await teacherWrites(next, [0, 2], { temperature, seed: 1 }, settings);
      expect([...tokens]).toEqual([3, 4, 5]);
      expect(finish).toBe('end');
    }
    const { tokens, finish } = await teacherWrites(next, [0, 8], { temperature: 0, seed: 1 }, settings);
    expect([tokens.length, finish]).toEqual([length - 2, 'length']);
  });

  test('stops where it has taken too long, with what it has', async () => {
    let clock = 0;
    const now = () => (clock += 400);
    const settings = { positions: length, end: vocabulary.end, patience: 1_000, now };
    const written = await teacherWrites(next, [0, 8], { temperature: 0, seed: 1 }, settings);
    expect(written.finish).toBe('time');
    expect([...written.tokens]).toEqual([9, 10]);
  });

  test('that keeps what it has read is given each token once, and messages are handled between two tokens', async () => {
    const { calls, next: reading } = remembering();
    const settings = { positions: 6, end: vocabulary.end, patience: 1_000 };
    let turns = 0;
    const message = setInterval(() => (turns += 1), 0);
    const { tokens } = await teacherWrites(reading, [0, 8], { temperature: 0, seed: 1 }, settings);
    clearInterval(message);
    expect([...tokens]).toEqual([9, 10, 11, 12]);
    expect(calls).toEqual([
      [0, [0, 8]],
      [2, [9]],
      [3, [10]],
      [4, [11]],
    ]);
    expect(turns).toBeGreaterThan(0);
  });

  test('that answers the batches of the run writes too, and no other is opened; a second wish ends the first text', () => {
    const { calls, next: reading } = remembering();
    const open = () => Promise.reject(new RangeError('another is opened'));
    return viewed(
      async (view) => {
        const [first, second] = await Promise.all([
          view.answer({ ...wish, of: 'teacher' }),
          view.answer({ ...wish, of: 'teacher' }),
        ]);
        expect(first).toMatchObject({ written: [{ finish: 'time' }] });
        expect(second).toMatchObject({ written: [{ finish: 'length' }] });
        expect(calls.filter(([known]) => known === 0).length).toBe(1);
      },
      undefined,
      { open, live: () => reading },
    );
  });

  test('that is closed in the middle of a text gives way to whoever is there then', () => {
    const { next: later } = remembering();
    let live: NextToken | undefined = () => {
      live = later;
      return Promise.reject(new RangeError('closed'));
    };
    const open = () => Promise.reject(new RangeError('another is opened'));
    return viewed(
      async (view) => {
        expect(await view.answer({ ...wish, of: 'teacher' })).toMatchObject({
          written: [{ finish: 'length' }],
        });
        live = () => Promise.reject(new RangeError('broken'));
        await expect(view.answer({ ...wish, of: 'teacher' })).rejects.toThrow('broken');
      },
      undefined,
      { open, live: () => live },
    );
  });

  test('is asked by the view, and its own tapped attention is told beside that of the students', () =>
    viewed(
      async (view) => {
        const reply = await view.answer({ ...wish, of: 'teacher' });
        if (reply.kind !== 'continued') throw new Error(reply.kind);
        expect(reply.written.length).toBe(1);
        const attended = await view.answer({ type: 'attend', id: 2 });
        if (attended.kind !== 'attention') throw new Error(attended.kind);
        // This run taps nothing.
        expect(attended.teacher).toEqual([]);
        expect(attended.arms.map((maps) => maps.map(({ heads }) => heads))).toEqual([
          [2, 2],
          [2, 2],
        ]);
        for (const { weights, heads } of attended.arms.flat()) {
          for (let row = 0; row < heads * attended.n; row++) {
            const own = weights.subarray(row * attended.n, (row + 1) * attended.n);
            expect(own.reduce((sum, w) => sum + w, 0)).toBeCloseTo(1, 5);
            expect(own.subarray((row % attended.n) + 1).every((w) => w === 0)).toBe(true);
          }
        }
      },
      undefined,
      {
        open: () => {
          const answer = async (inputs: Uint32Array | Float32Array) => {
            return { logits: await rows(Uint32Array.from(inputs)), hidden: [] };
          };
          return Promise.resolve({
            classes,
            batch: 1,
            answer,
            dispose: () => undefined,
          } satisfies RowTeacher);
        },
      },
    ));
});

test('a student without attention has no maps', () =>
  viewed(async (view) => {
    expect(await view.answer({ type: 'attend', id: 2 })).toMatchObject({ arms: [], teacher: [] });
  }, causalConv));

test('weights are those that the kernel of attention mixes values by, grouped heads included', () => {
  const [heads, kvHeads, width, n] = [4, 2, 6, 6];
  const numbers = (count: number, by: number) =>
    Float64Array.from({ length: count }, (_, i) => Math.sin(i * by));
  const [q, k] = [numbers(n * heads * width, 1.3), numbers(n * kvHeads * width, 0.7)];
  // The values of key j are 1 at j and 0 elsewhere, so that what is mixed are the weights.
  const v = Float64Array.from({ length: n * kvHeads * width }, (_, i) =>
    Math.floor(i / (kvHeads * width)) === i % width ? 1 : 0,
  );
  const params = { batch: 1, positions: n, heads, kvHeads, width };
  const out = new Float64Array(n * heads * width);
  // It reads no live window.
  attention.reference(params, [q, k, v, out, new Float64Array(2 * n * heads)], {} as never);
  const weights = attentionWeights(Float32Array.from(q), Float32Array.from(k), { heads, kvHeads, width }, n);
  for (let head = 0; head < heads; head++)
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++)
        expect(weights[(head * n + i) * n + j]).toBeCloseTo(out[(i * heads + head) * width + j] ?? 9, 5);
});

test('a tensor of a teacher is taken for weights only where each row is one distribution over what is before', () => {
  const [heads, positions] = [2, 3];
  const rows = [1, 0, 0, 1, 0, 0, 0.25, 0.75, 0, 0.5, 0.5, 0, 0.2, 0.3, 0.5, 1, 0, 0];
  const found = taughtWeights(Float32Array.from(rows), heads * positions, positions, 2);
  expect(found?.heads).toBe(2);
  expect([...(found?.weights ?? [])]).toEqual([1, 0, 0.25, 0.75, 1, 0, 0.5, 0.5]);
  expect(
    taughtWeights(
      Float32Array.from(rows, (w) => 2 * w),
      6,
      positions,
      2,
    ),
  ).toBeNull();
  expect(taughtWeights(Float32Array.from(rows), 5, positions, 2)).toBeNull();
});
