// A teacher that knows its classes under one scaling alone: brightness below 0 is class 0.
import { expect, test } from 'vitest';
import { fileDataset } from '../data/fileDataset.ts';
import { type UserData, userDataFingerprint } from '../data/userFiles.ts';
import type { GivenFile } from '../protocol/commands.ts';
import { StillroomError } from '../spec/errors.ts';
import { presets } from '../spec/presets.ts';
import { parseRunSpec, type RunSpec } from '../spec/runSpec.ts';
import type { RowTeacher } from '../teachers/rowTeacher.ts';
import { fakeHost, Listening } from './fakeHost.ts';

const rows = 40;
/** Dark images are of class 0, bright ones of class 1. */
const data: UserData = {
  images: {
    unit: 'byte',
    shape: [1, 2, 2],
    n: rows,
    values: Uint8Array.from({ length: 4 * rows }, (_, i) => ((i >> 2) % 2 === 0 ? 60 : 190)),
  },
  labels: { classes: 2, n: rows, values: Uint32Array.from({ length: rows }, (_, row) => row % 2) },
};
const moons = presets.get('two-moons-1')?.spec;
if (moons === undefined) throw new Error('There is no preset of two moons.');
const spec: RunSpec = parseRunSpec({
  ...moons,
  data: {
    ...{ task: 'file', fingerprint: userDataFingerprint(data), mean: 0, std: 1 },
    ...{ transfer: 20, validation: 4, test: 16, labelled: 10, leaveOut: [], labelNoise: 0.2, dataSeed: 1 },
  },
  teacher: {
    source: 'file',
    sha256: '0'.repeat(64),
    input: 'x',
    logits: 'y',
    delivery: 'pack',
    provider: 'auto',
  },
});
const model: GivenFile = { name: 'mine.onnx', bytes: new Uint8Array([8]) };

function hostWith(answer: RowTeacher['answer']) {
  const open = { sessions: 0 };
  const host = {
    ...fakeHost(() => Promise.reject(new Error('no executor is asked for'))),
    data: (wanted: RunSpec, seed: number) => {
      if (wanted.data.task !== 'file') throw new RangeError('the data are a file');
      return Promise.resolve({ dataset: fileDataset(data, wanted.data, seed), task: null });
    },
    openRows: () => {
      open.sessions += 1;
      return Promise.resolve({
        ...{ classes: 2, batch: 16, answer },
        dispose: () => {
          open.sessions -= 1;
        },
      });
    },
  };
  return { host, open };
}

const knowing: RowTeacher['answer'] = (inputs, n) => {
  const logits = Float32Array.from(
    { length: 2 * n },
    (_, i) => (i % 2 === 0 ? -1 : 1) * (inputs[4 * (i >> 1)] ?? 0),
  );
  return Promise.resolve({ logits, hidden: [] });
};

async function ask(answer: RowTeacher['answer'], scalings: readonly { mean: number; std: number }[]) {
  const { host, open } = hostWith(answer);
  const page = new Listening(host);
  const told = page.next((event) => event.type === 'reply' && event.id === 5);
  page.session.handle({ type: 'scalings', id: 5, spec, files: [model], scalings });
  await told;
  const reply = page.of('reply').find(({ id }) => id === 5)?.reply;
  return { reply, open };
}

test('a teacher is asked under each scaling, over rows with their true labels, and its session is closed', async () => {
  const { reply, open } = await ask(knowing, [
    { mean: 0, std: 1 },
    { mean: 0.5, std: 0.5 },
  ]);
  expect(reply).toEqual({ kind: 'scalings', trial: { rows: 16, right: [8, 16] } });
  expect(open.sessions).toBe(0);
});

test('under a scaling that makes its answers infinite a teacher is never right, and the others are tried', async () => {
  const nan = new StillroomError({ code: 'teacher-nan', problem: 'not finite' });
  const { reply } = await ask(
    (inputs, n) => (Math.max(...inputs) > 2 ? Promise.reject(nan) : knowing(inputs, n)),
    [
      { mean: 0, std: 1 / 255 },
      { mean: 0.5, std: 0.5 },
    ],
  );
  expect(reply).toEqual({ kind: 'scalings', trial: { rows: 16, right: [0, 16] } });
});

test('a teacher that cannot be asked is told of, and its session is closed', async () => {
  const late = new StillroomError({ code: 'teacher-deadline', problem: 'too slow' });
  const { reply, open } = await ask(() => Promise.reject(late), [{ mean: 0, std: 1 }]);
  expect(reply).toMatchObject({ kind: 'failed', detail: { code: 'teacher-deadline' } });
  expect(open.sessions).toBe(0);
});
