// What a race is judged on along its way and at its end, on the reference in float32.
import { expect, test } from 'vitest';
import { ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { datasetFromSpec } from '../data/fromSpec.ts';
import { presets } from '../spec/presets.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { fakePrepared } from './fakePrepared.ts';
import { Race } from './race.ts';
import { repeat } from './repeat.ts';

const training = { steps: 2, batch: 4, accumulate: 1, evaluateEvery: 1 };

function specOf(id: string, data: Partial<RunSpec['data']>): RunSpec {
  const spec = presets.get(id)?.spec;
  if (spec === undefined) throw new Error(`no preset ${id}`);
  return { ...spec, data: { ...spec.data, ...data } as RunSpec['data'], training };
}

const moons = specOf('two-moons-1', { transfer: 40, validation: 8, test: 30 });
const stories: RunSpec = {
  ...specOf('stories-1', { transfer: 8, validation: 2, test: 5, length: 12 }),
  student: {
    ...{ kind: 'transformer', layers: 1, width: 4, heads: 1, kvHeads: 1 },
    ...{ norm: 'rms', positions: 'rotary', mlp: 'gelu', tied: true, dropout: 0 },
  },
  arms: [{ kind: 'labels' }],
};

test.each([
  { of: 'rows', spec: moons, watchedRows: 12 },
  { of: 'texts', spec: stories, watchedRows: 24 },
])(
  'The curve of a run over $of is over the same ones to its end, and its result over all',
  async ({ spec, watchedRows }) => {
    const prepared = fakePrepared(datasetFromSpec(spec, spec.seed));
    const race = await Race.create(new ReferenceExecutor('float32'), spec, prepared, undefined, watchedRows);
    await race.trainer.takeStep();
    const [before] = await race.evaluations();
    expect(before?.watched).toBeUndefined();
    await race.trainer.takeStep();
    const [after] = await race.evaluations();
    const { valid } = prepared.dataset.test;
    expect(after?.n).toBe(valid.reduce((sum, one) => sum + one, 0));
    expect(after?.watched?.n).toBe(before?.n);
    expect(after?.watched?.n).toBeLessThan(after?.n ?? 0);
    expect([after?.watched]).toEqual([(await race.evaluations(false))[0]]);
    expect(after?.watched?.calibrationError).not.toBe(after?.calibrationError);
    race.dispose();
  },
);

test('Curves of other seeds end on the same rows too', async () => {
  const prepared = fakePrepared(datasetFromSpec(stories, stories.seed));
  const [one] = await repeat({
    ...{ executor: new ReferenceExecutor('float32'), spec: stories, prepared, seeds: [2], watchedRows: 24 },
    dataOf: (seed) => datasetFromSpec(stories, seed),
    progress: () => true,
  });
  const [result] = one?.arms ?? [];
  expect(one?.curves[0]?.at(-1)).toBe(result?.watched?.language?.loss);
  expect(one?.curves[0]?.at(-1)).not.toBe(result?.language?.loss);
});

test('Curves of other seeds hold the averaged copy of the arm that it teaches, and of no other', async () => {
  const spec: RunSpec = {
    ...moons,
    teacher: { source: 'average', decay: 0.5, delivery: 'live', provider: 'wasm' },
    arms: [{ kind: 'labels' }, { kind: 'distilled' }],
  };
  const prepared = fakePrepared(datasetFromSpec(spec, spec.seed));
  const [one] = await repeat({
    ...{ executor: new ReferenceExecutor('float32'), spec, prepared, seeds: [2] },
    dataOf: (seed) => datasetFromSpec(spec, seed),
    progress: () => true,
  });
  expect(one?.averages[0]).toEqual([]);
  expect(one?.averages[1]).toHaveLength(training.steps);
  expect(one?.averages[1]?.at(-1)).toBe(one?.arms[1]?.average?.accuracy);
});
