// A live teacher on the engine's own GPU device: what crosses between host and GPU in a step is counted in the engine's
// worker, and a teacher's wide answers are not among it. Its first answers are looked at, and must be numbers.
import type { Page } from '@playwright/test';
import { writeOnnx } from '../src/sharing/onnxFile.ts';
import { firstPreset, presets } from '../src/spec/presets.ts';
import { OnnxBuilder } from '../src/tensor/onnxGraph.ts';
import { RandomStream } from '../src/tensor/random.ts';
import { expect, test } from './browser.ts';
import { countCrossings, engineOf } from './crossings.ts';
import { open, state, steps } from './page.ts';

const [features, classes, batch] = [16, 1024, 256];
/** Float32 logits of one batch: 1 MiB. */
const logitsBytes = 4 * batch * classes;
/** Classes that the data have besides the last, which is there so that the teacher must be that wide. */
const common = 4;
const [warmUp, measured] = [5, 20];

/** Scores each common class by its feature, and all others far below. Those of more than `most` samples are beyond float32. */
function wideTeacher(most: number): Uint8Array<ArrayBuffer> {
  const weights = new Float32Array(features * classes);
  for (let k = 0; k < common; k++) weights[k * classes + k] = 12;
  const offsets = Float32Array.from({ length: classes }, (_, k) => (k < common ? 0 : -12));
  const builder = new OnnxBuilder('wide');
  const input = builder.input('input', ['batch', features]);
  const operands = [
    input,
    builder.initialiser('w', [features, classes], weights),
    builder.initialiser('b', [classes], offsets),
  ];
  const first = builder.initialiser('first', [], BigInt64Array.of(0n));
  const rows = builder.node('Cast', [builder.node('Gather', [builder.node('Shape', [input]), first])], {
    to: 1,
  });
  const limit = builder.initialiser('most', [], Float32Array.of(most));
  const over = builder.node('Relu', [builder.node('Sub', [rows, limit])]);
  const beyond = builder.node('Mul', [over, builder.initialiser('huge', [], Float32Array.of(3e38))]);
  const scores = builder.node('Add', [builder.node('Gemm', operands), beyond]);
  builder.output(scores, 'logits', ['batch', classes]);
  return writeOnnx(builder.build());
}

function table(rows: number): Buffer {
  const random = new RandomStream(1, 0, 9);
  const lines = Array.from({ length: rows }, (_, row) => {
    const label = row % common;
    const x = Array.from({ length: features }, (_, i) => 0.5 * random.unit() + (i === label ? 0.5 : 0));
    return [...x.map((value) => value.toFixed(3)), row === 0 ? classes - 1 : label].join(',');
  });
  const heading = [...Array.from({ length: features }, (_, i) => `x${i}`), 'label'].join(',');
  return Buffer.from([heading, ...lines].join('\n'));
}

const base = presets.get(firstPreset)?.spec;
if (base === undefined) throw new Error('there is no first preset');

/** A run over the table whose teacher answers each batch where `provider` says. */
async function loadLive(page: Page, provider: 'auto' | 'gpu' | 'wasm', teacher = wideTeacher(batch)) {
  const spec = {
    ...base,
    name: 'A wide teacher',
    data: {
      ...{ task: 'file', fingerprint: '', mean: 0, std: 1, transfer: 540, validation: 90, test: 270 },
      ...{ labelled: 'all', leaveOut: [], labelNoise: 0, dataSeed: 1 },
    },
    teacher: {
      ...{ source: 'file', sha256: '', input: 'input', logits: 'logits' },
      ...{ delivery: 'live', provider },
    },
    student: { kind: 'mlp', hidden: [8], activation: 'relu', norm: 'none', dropout: 0 },
    optimiser: { ...base?.optimiser, learningRate: 0.1, schedule: 'constant' },
    // Judged once, so that what crosses in between is the steps' own.
    training: { steps: 1000, batch, accumulate: 1, evaluateEvery: 75 },
    arms: [{ kind: 'distilled' }],
    events: [],
  };
  const given = [
    { name: 'wide.onnx', base64: Buffer.from(teacher).toString('base64') },
    { name: 'data.csv', base64: table(900).toString('base64') },
  ];
  await page.evaluate(
    ({ wanted, files }) => {
      const fileOf = ({ name, base64 }: { name: string; base64: string }) =>
        new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name);
      return window.stillroom.load(wanted, files.map(fileOf));
    },
    { wanted: spec, files: given },
  );
}

test('a live teacher on the GPU: its logits, 1 MiB a step, never cross to the host, and the student learns from them; on the processor the counters see them cross in every step, and left to itself the page measures both places', async ({
  page,
}) => {
  test.setTimeout(240_000);
  await open(page);
  await loadLive(page, 'gpu');
  const before = await steps(page, warmUp);
  await expect(page.getByText('on the GPU, its answers never leave it')).toBeVisible();
  const crossed = await countCrossings(engineOf(page));
  expect((await steps(page, measured)).step).toBe(warmUp + measured);
  const { written, read, largest } = await crossed();
  test.info().annotations.push({
    type: 'bytes a step',
    description: `${written / measured} written, ${read / measured} read`,
  });
  // Of a batch only the index is written; its inputs, labels and flags lie on the GPU. Read are metrics and snapshots.
  const batchBytes = batch * 4 * (features + 3);
  expect(written / measured).toBeGreaterThan(4 * batch);
  expect(written / measured).toBeLessThanOrEqual(4 * batch + 4096);
  expect((written + read) / measured).toBeLessThanOrEqual(batchBytes + 4096);
  expect(largest).toBeLessThan(logitsBytes);
  const after = await steps(page, 50);
  const [first, last] = [before.arms[0], after.arms[0]];
  expect(first?.agreement).toBeLessThan(0.3);
  expect(last?.agreement).toBeGreaterThan(0.7);
  expect(last?.divergence).toBeLessThan(0.5 * (first?.divergence ?? 0));

  await loadLive(page, 'wasm');
  await steps(page, warmUp);
  const alsoCrossed = await countCrossings(engineOf(page));
  await steps(page, 2);
  expect((await alsoCrossed()).written).toBeGreaterThan(2 * logitsBytes);

  await loadLive(page, 'auto');
  expect((await steps(page, 2)).step).toBe(2);
  await expect(
    page.getByText(
      /Measured faster here: [\d.]+ ms a batch against [\d.]+ on the (GPU|processor)|The GPU did not take it/,
    ),
  ).toBeVisible();
});

test('answers that are not finite on the GPU alone stop the run with that reason, at its first batch', async ({
  page,
}) => {
  test.setTimeout(240_000);
  await open(page);
  // The rows that are answered beforehand, on the processor, are fewer at a time.
  await loadLive(page, 'gpu', wideTeacher(batch / 2));
  await expect(steps(page, 1)).rejects.toThrow(/teacher's logits are not numbers/);
  await expect(page.getByRole('region', { name: 'Notices' })).toContainText(
    "The teacher's logits are not numbers",
  );
  expect((await state(page)).step).toBe(0);
});
