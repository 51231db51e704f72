// Sweeps of the store: what is offered and sent, what comes of it, and what is not done again.
import { expect, test } from 'vitest';
import { presets } from '../spec/presets.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { sweptSpecs } from '../spec/sweep.ts';
import { errorOf, type FakePage, fakePage, present, settled } from './fakePage.ts';
import { repeats } from './repetition.ts';
import { suggestedValues, sweepChoices } from './sweepChoices.ts';
import { sweepTable, sweepView } from './sweepView.ts';

const axis = { path: 'objective.temperature', values: [8, 2] };

async function live(): Promise<FakePage> {
  const page = fakePage();
  await page.controller.choosePreset('few-labels-1');
  await page.controller.prepareLive();
  return page;
}

const sweepOf = (page: FakePage) => present(page.run.log.sweep, 'sweep');
const sentSweeps = (page: FakePage) => page.engine.sent.filter((command) => command.type === 'sweep');

test('A sweep asks for each value under each seed, keeps what came with the run, and then is over', async () => {
  const page = await live();
  page.controller.sweep(axis, 2);
  expect(page.store.getState().sweep).toMatchObject({ index: 0, count: 4, value: 8, seed: 1, step: 0 });
  expect(repeats(page.store.getState())).toBe(true);
  await settled();
  expect(sentSweeps(page)).toEqual([
    {
      ...{ type: 'sweep', spec: sweepOf(page).spec, path: axis.path },
      runs: [8, 2].flatMap((value) => [1, 2].map((seed) => ({ value, seed }))),
    },
  ]);
  expect(page.store.getState().sweep).toBeNull();
  expect(sweepOf(page).runs).toHaveLength(4);
});

test('What is known of the same settings is not run again; after a change of them everything is', async () => {
  const page = await live();
  page.controller.sweep(axis, 1);
  await settled();
  page.controller.sweep({ ...axis, values: [8, 2, 4] }, 2);
  await settled();
  const [, second] = sentSweeps(page);
  expect(second?.runs.map(({ value, seed }) => [value, seed])).toEqual([
    ...[
      [8, 2],
      [2, 2],
      [4, 1],
    ],
    [4, 2],
  ]);
  page.controller.edit('objective.mix', 0.3);
  page.controller.pause();
  await settled();
  page.controller.sweep(axis, 1);
  await settled();
  expect(sentSweeps(page).at(-1)?.runs).toHaveLength(2);
  expect(sweepOf(page).spec.objective.mix).toBe(0.3);
});

test('A pause takes it off the page, its last words do not bring it back, and it goes on from there', async () => {
  const page = await live();
  page.engine.hold();
  page.controller.sweep(axis, 1);
  page.controller.pause();
  expect(page.store.getState().sweep).toBeNull();
  const at = { type: 'sweep', path: axis.path, index: 0, count: 2, value: 8, seed: 1, total: 2_000 } as const;
  page.engine.tell({ ...at, step: 50, end: null });
  page.engine.tell({ ...at, step: 2_000, end: { arms: [], teacher: null, failed: null } });
  expect(page.store.getState().sweep).toBeNull();
  page.controller.sweep(axis, 1);
  expect(sentSweeps(page).at(-1)?.runs).toEqual([{ value: 2, seed: 1 }]);
});

test('An error ends it and is on the page; one that failed is kept with its reason and is run again', async () => {
  const page = await live();
  page.engine.hold();
  page.controller.sweep(axis, 1);
  const failed = { code: 'training-diverged', problem: 'Training diverged' };
  const at = { type: 'sweep', path: axis.path, index: 0, count: 2, value: 8, seed: 1, total: 2_000 } as const;
  page.engine.tell({ ...at, step: 0, end: { arms: [], teacher: null, failed } });
  expect(sweepView(sweepOf(page), 0).failed).toEqual([{ value: 8, seed: 1, reason: 'Training diverged.' }]);
  page.engine.fail('out-of-memory');
  expect([page.store.getState().sweep, errorOf(page.store)]).toEqual([null, 'out-of-memory']);
  page.controller.sweep(axis, 1);
  expect(sentSweeps(page).at(-1)?.runs).toHaveLength(2);
});

test('A run that no live engine holds is not swept', async () => {
  const page = fakePage();
  await page.controller.choosePreset('few-labels-1');
  page.controller.sweep(axis, 1);
  expect(page.store.getState().sweep).toBeNull();
  expect(page.run.log.sweep).toBeNull();
});

test('What is drawn goes up in value, holds every seed, and has its axis by factors where values lie far apart', async () => {
  const page = await live();
  page.controller.sweep(axis, 3);
  await settled();
  const view = sweepView(sweepOf(page), 0);
  expect(view).toMatchObject({ values: [2, 8], done: 6, wanted: 6, seeds: 3, logarithmic: false });
  const arm = page.run.spec.arms.findIndex(({ kind }) => kind === 'distilled');
  const [low] = view.arms[arm] ?? [];
  expect(low?.scores).toHaveLength(3);
  expect(low?.interval?.low).toBeLessThan(low?.mean ?? 0);
  expect(view.teacher.map(({ value }) => value)).toEqual([2, 8]);
  // The imagined engine does better in later runs, and 2 came later.
  expect(view.best[arm]).toMatchObject({ value: 2, seeds: 3, next: { value: 8 } });
  const far = { ...sweepOf(page), values: [1, 21] };
  expect(sweepView(far, 0).logarithmic).toBe(true);
  expect(sweepView({ ...far, values: [0, 21] }, 0).logarithmic).toBe(false);
  expect(sweepTable(sweepOf(page)).trimEnd().split('\r\n')).toHaveLength(1 + 6 * page.run.spec.arms.length);
});

const formula = 'param beta = 0.5 in 0..1\nparam gamma = 2 in 1..3\nbeta * sum(p * log(p / q)) * gamma';
const term = { id: 'formula', weight: 1, formula, values: { beta: 0.25 } };

test('A formula’s parameters are offered first, also those of an arm’s own loss; then what the page shows as controls', () => {
  const base = present(presets.get('few-labels-1'), 'preset').spec;
  const objective = { ...base.objective, terms: [term] };
  const spec: RunSpec = { ...base, objective, arms: [...base.arms, { kind: 'distilled', objective }] };
  const choices = sweepChoices(spec, 'tinker');
  expect(
    choices.slice(0, 4).map(({ path, parameter, now }) => [path, parameter?.name, parameter?.arm, now]),
  ).toEqual([
    ['objective.terms.0.values.beta', 'beta', null, 0.25],
    ['objective.terms.0.values.gamma', 'gamma', null, 2],
    ['arms.3.objective.terms.0.values.beta', 'beta', 3, 0.25],
    ['arms.3.objective.terms.0.values.gamma', 'gamma', 3, 2],
  ]);
  const paths = choices.map(({ path }) => path);
  for (const path of ['objective.temperature', 'optimiser.learningRate', 'student.hidden', 'data.labelled'])
    expect(paths).toContain(path);
  expect(new Set(paths).size).toBe(paths.length);
});

test.each([...presets.keys()])(
  'Every setting that is offered for %s has values that the specification takes',
  (id) => {
    const { spec } = present(presets.get(id), id);
    for (const level of ['tinker', 'lab'] as const) {
      for (const choice of sweepChoices(spec, level)) {
        const values = suggestedValues(choice);
        expect(values, choice.path).toContain(choice.now);
        const refused = (() => {
          try {
            sweptSpecs(spec, { path: choice.path, values });
            return null;
          } catch (error) {
            return String(error);
          }
        })();
        expect(refused, choice.path).toBeNull();
      }
    }
  },
);
