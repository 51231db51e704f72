// A teacher of texts whose answers are too many to keep: asked again run by run, and of what it learns by, only as much as
// shapes the run.
import { expect, test } from 'vitest';
import { textDataset } from '../data/textDataset.ts';
import { presets } from '../spec/presets.ts';
import { parseRunSpec } from '../spec/runSpec.ts';
import type { RowTeacher } from '../teachers/rowTeacher.ts';
import { AskedTeacher } from './heldOut.ts';
import { prepareRun, type TeacherHost } from './prepare.ts';

const positions = 4;
const hiddenWidth = 6;

/** Likes the token after the one it reads; counts what it is asked. */
function teacherOf(
  classes: number,
  counts: { opened: number; closed: number; samples: number; most: number },
) {
  counts.opened += 1;
  const teacher: RowTeacher = {
    classes,
    batch: 2,
    answer(inputs, n) {
      counts.samples += n;
      counts.most = Math.max(counts.most, n);
      const logits = new Float32Array(n * positions * classes);
      inputs.forEach((token, row) => {
        logits[row * classes + ((token + 1) % classes)] = 5;
      });
      const hidden = [{ size: hiddenWidth, values: new Float32Array(n * positions * hiddenWidth) }];
      return Promise.resolve({ logits, hidden });
    },
    dispose: () => {
      counts.closed += 1;
    },
  };
  return teacher;
}

function prepared(classes: number, heldOut: number) {
  const moons = presets.get('two-moons-1')?.spec;
  if (moons === undefined) throw new Error('no preset');
  const spec = parseRunSpec({
    ...moons,
    data: {
      ...{ task: 'text', fingerprint: '', tokenizer: 'character', column: 'text', length: positions },
      ...{ transfer: 40, labelled: 'all', validation: heldOut, test: heldOut },
      ...{ leaveOut: [], labelNoise: 0, dataSeed: 1 },
    },
    teacher: { source: 'file', sha256: '', input: '', logits: '', delivery: 'live', provider: 'auto' },
    student: {
      ...{ kind: 'transformer', layers: 1, width: 8, heads: 1, kvHeads: 1, norm: 'rms' },
      ...{ positions: 'rotary', mlp: 'gelu', tied: true, dropout: 0 },
    },
    objective: {
      ...moons.objective,
      hidden: { loss: 'hidden_mse', weight: 1, pairs: [{ student: 0, teacher: 'layer' }], maps: 'pool' },
    },
    arms: [{ kind: 'distilled' }],
  });
  const pieces = Array.from({ length: classes }, (_, i) => String(i));
  const vocabulary = {
    pieces,
    characters: new Uint8Array(classes).fill(1),
    begin: 0,
    end: null,
    encode: () => [],
  };
  const given = (n: number) => {
    const tokens = (i: number) => Array.from({ length: positions }, (_, at) => (i + at + 1) % classes);
    const sequences = Array.from({ length: n }, (_, i) => ({ before: i, tokens: tokens(i), entropy: null }));
    return { sequences, seed: 1, labelled: 'all' as const };
  };
  const dataset = textDataset(vocabulary, positions, {
    transfer: given(40),
    validation: given(heldOut),
    test: given(heldOut),
  });
  const counts = { opened: 0, closed: 0, samples: 0, most: 0 };
  const host: TeacherHost = {
    asset: () => Promise.reject(new RangeError('no file is asked for')),
    openRows: () => Promise.resolve(teacherOf(classes, counts)),
    identify: () =>
      Promise.resolve({ title: 'next', parameters: 4, bytes: 16, sha256: '0', trainedOn: null }),
  };
  const files = [{ name: 'next.onnx', bytes: new Uint8Array() }];
  return { counts, run: prepareRun(spec, { dataset, task: null }, host, files, () => undefined) };
}

test('a live teacher of hidden states answers one text to learn from beforehand, and all held-out texts once', async () => {
  const { counts, run } = prepared(20, 10);
  const { answers, teacher, test: heldOut } = await run;
  expect(answers.logits).toBeNull();
  expect(answers.hidden.map(({ size }) => size)).toEqual([hiddenWidth]);
  expect(counts).toMatchObject({ opened: 1, closed: 1, samples: 21 });
  expect(teacher.accuracy).toBe(1);
  await heldOut.answer(3, 2);
  expect(counts.samples).toBe(21);
});

test('where all held-out answers would not fit it is asked again each time, a few texts at once, and given back', async () => {
  const classes = 150_000;
  const { counts, run } = prepared(classes, 15);
  const { test: heldOut, teacher, release } = await run;
  // One text for the widths, and the test texts for what is told of it.
  expect(counts).toMatchObject({ opened: 1, closed: 0, samples: 16, most: 2 });
  expect(teacher.language?.loss).toBeGreaterThan(0);
  const [logits, again] = await Promise.all([heldOut.answer(3, 2), heldOut.answer(3, 2)]);
  expect(logits.length).toBe(2 * positions * classes);
  expect(logits[4]).toBe(5);
  expect(again).toEqual(logits);
  expect(counts).toMatchObject({ opened: 1, samples: 20 });
  release();
  await Promise.resolve();
  expect(counts.closed).toBe(1);
  await heldOut.answer(0, 1);
  expect(counts.opened).toBe(2);
  release();
});

test('while the same model is open as the live teacher that one answers, and none is opened beside it', async () => {
  const classes = 150_000;
  const { counts, run } = prepared(classes, 15);
  const { test: heldOut, lend, release } = await run;
  expect(counts).toMatchObject({ opened: 1, closed: 0 });
  const own = await heldOut.answer(3, 2);
  const live = { opened: 0, closed: 0, samples: 0, most: 0 };
  lend(teacherOf(classes, live));
  await Promise.resolve();
  expect(counts.closed).toBe(1);
  expect(await heldOut.answer(3, 2)).toEqual(own);
  expect(live).toMatchObject({ samples: 2, closed: 0 });
  expect(counts.opened).toBe(1);
  lend(null);
  await heldOut.answer(3, 2);
  expect(counts).toMatchObject({ opened: 2, samples: 20 });
  release();
});

test('after an error it is opened again, and the next question is answered', async () => {
  let opened = 0;
  const counts = { opened: 0, closed: 0, samples: 0, most: 0 };
  const asked = new AskedTeacher(() => {
    opened += 1;
    return opened === 1 ? Promise.reject(new Error('no memory')) : Promise.resolve(teacherOf(5, counts));
  });
  const inputs = new Uint32Array(positions);
  await expect(asked.answer(inputs, 1)).rejects.toThrow('no memory');
  expect((await asked.answer(inputs, 1)).logits.length).toBe(5 * positions);
  asked.dispose();
});
