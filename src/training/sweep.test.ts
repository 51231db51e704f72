// A sweep in the engine: its runs are the single runs to the bit, one that fails is told and the others go on, a pause ends
// it, and a lost device costs no run that was told.
import { expect, test } from 'vitest';
import type { SweepCommand } from '../protocol/sweep.ts';
import { withSwept } from '../spec/sweep.ts';
import { fakeHost, Listening, MortalExecutor, patientClock, smallSpec } from './fakeHost.ts';

const spec = smallSpec({ training: { steps: 12, batch: 8, accumulate: 1, evaluateEvery: 6 } });

const command = (
  path: string,
  values: readonly number[],
  seeds: readonly number[],
  of = spec,
): SweepCommand => ({
  ...{ type: 'sweep', spec: of },
  path,
  runs: values.flatMap((value) => seeds.map((seed) => ({ value, seed }))),
});

async function loaded(lives: readonly number[] = []) {
  const executors: MortalExecutor[] = [];
  const host = fakeHost((before) => {
    const executor = new MortalExecutor(lives[before]);
    executors.push(executor);
    return executor;
  });
  const page = new Listening(host, patientClock());
  await page.load(spec);
  return { page, host, executors };
}

const ends = (page: Listening) =>
  page
    .of('sweep')
    .flatMap(({ index, value, seed, end }) => (end === null ? [] : { index, value, seed, end }));

test.each([
  { path: 'objective.temperature', values: [1, 8], asked: 1 },
  { path: 'data.transfer', values: [40, 50], asked: 3 },
])(
  'Two values of $path under two seeds are the four single runs, exactly',
  async ({ path, values, asked }) => {
    const { page, host } = await loaded();
    page.session.handle(command(path, values, [3, 4]));
    await page.session.idle();
    const found = ends(page);
    expect(found.map(({ value, seed }) => [value, seed])).toEqual(
      values.flatMap((value) => [3, 4].map((seed) => [value, seed])),
    );
    // The teacher is asked once for each set of rows.
    expect(host.counts.teachers).toBe(asked);
    for (const { value, seed, end } of found) {
      const alone = await loaded();
      await alone.page.load({ ...withSwept(spec, path, value), seed });
      await alone.page.playToEnd();
      expect(end.arms, `${path} ${value}, seed ${seed}`).toEqual(alone.page.of('evaluation').at(-1)?.arms);
      await alone.page.close();
    }
    expect(new Set(found.map(({ end }) => end.arms[1]?.divergence)).size).toBe(4);
    await page.close();
  },
);

test('It tells how far it is, leaves the loaded run where it was, and that run goes on', async () => {
  const { page, executors } = await loaded();
  page.session.handle({ type: 'step', count: 3 });
  await page.session.idle();
  const live = executors[0]?.live.buffers;
  page.session.handle(command('objective.mix', [0, 1], [1]));
  await page.session.idle();
  expect(
    page.of('sweep').map(({ index, count, step, total, end }) => [index, count, step, total, end !== null]),
  ).toEqual([
    ...[0, 6].map((step) => [0, 2, step, 12, false]),
    [0, 2, 12, 12, true],
    ...[0, 6].map((step) => [1, 2, step, 12, false]),
    [1, 2, 12, 12, true],
  ]);
  expect(executors[0]?.live.buffers).toBe(live);
  page.session.handle({ type: 'step', count: 1 });
  await page.session.idle();
  expect(page.of('state').at(-1)).toMatchObject({ state: 'paused', step: 4 });
  await page.close();
});

test('A value at which training goes astray is told with its reason, and the next ones run', async () => {
  const { page } = await loaded();
  const formula = 'param beta = 0 in 0..1\nsum(p * log(p / q)) * exp(200 * beta)';
  const objective = { ...spec.objective, terms: [{ id: 'formula', weight: 1, formula }] };
  const own = { ...spec, objective };
  await page.load(own);
  page.session.handle(command('objective.terms.0.values.beta', [1, 0], [1], own));
  await page.session.idle();
  const [first, second] = ends(page).map(({ end }) => end);
  expect(first).toMatchObject({ arms: [], failed: { code: 'training-diverged' } });
  expect(second).toMatchObject({ failed: null });
  expect(second?.arms).toHaveLength(2);
  expect(page.of('error')).toEqual([]);
  await page.close();
});

test('A value that the specification refuses stops everything before it begins', async () => {
  const { page } = await loaded();
  page.session.handle(command('objective.temperature', [1, 0], [1]));
  await page.session.idle();
  expect(page.of('sweep')).toEqual([]);
  expect(page.of('error').map(({ detail }) => [detail.code, detail.control])).toEqual([
    ['sweep-value', 'objective.temperature'],
  ]);
  await page.close();
});

test('A pause ends it, and another run need not wait for its end', async () => {
  for (const stop of ['pause', 'load'] as const) {
    const { page } = await loaded();
    const first = page.next((event) => event.type === 'sweep' && event.step === 6);
    page.session.handle(command('objective.temperature', [1, 2, 4], [1, 2, 3]));
    await first;
    if (stop === 'pause') page.session.handle({ type: 'pause' });
    else await page.load(spec);
    await page.session.idle();
    expect(page.of('sweep').length, stop).toBeLessThan(6);
    await page.close();
  }
});

test('A lost device cuts no run away that was told, and the end is the same', async () => {
  const undisturbed = await loaded();
  undisturbed.page.session.handle(command('objective.temperature', [1, 8], [1, 2]));
  await undisturbed.page.session.idle();
  const wanted = ends(undisturbed.page);
  const { page, executors } = await loaded();
  const third = page.next((event) => event.type === 'sweep' && event.index === 2 && event.step === 6);
  page.session.handle(command('objective.temperature', [1, 8], [1, 2]));
  await third;
  executors[0]?.lose();
  await page.session.idle();
  expect(executors).toHaveLength(2);
  expect(ends(page)).toEqual(wanted);
  await Promise.all([page.close(), undisturbed.page.close()]);
});
