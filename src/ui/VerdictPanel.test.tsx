/** The sentences of the verdict, as the page shows them: what is claimed, what is not, and from how many seeds. */
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import type { Evaluation } from '../protocol/events.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { factsOf, fakePage, present } from '../store/fakePage.ts';
import { newRun, type Run } from '../store/run.ts';
import { presetSpec } from '../store/state.ts';
import { AppProvider } from './appContext.tsx';
import { t } from './text.ts';
import { VerdictPanel } from './VerdictPanel.tsx';

const spec = presetSpec('few-labels-1');
const { facts, arms } = await factsOf(spec);
const base = present(arms[0], 'an evaluation');

type ByArm = readonly [labels: number, hard: number, distilled: number];

/** Evaluations in which so many of 1,000 rows are right in each arm, always the first ones. */
function evaluations(right: ByArm): readonly Evaluation[] {
  return right.map((count) => {
    const correct = Uint8Array.from({ length: 1_000 }, (_, row) => (row < count ? 1 : 0));
    return { ...base, n: 1_000, accuracy: count / 1_000, correct };
  });
}

function runOf(last: ByArm, seeds: readonly ByArm[] = []): Run {
  const made = newRun({ id: 'a', name: 'quiet cordial', origin: 'live', presetId: 'few-labels-1', spec });
  const run = { ...made, facts };
  run.log.evaluate({ step: 2_000, arms: evaluations(last) });
  for (const [index, right] of seeds.entries()) {
    run.log.replicate({
      ...{ index, count: seeds.length, seed: index + 1, step: 2_000, total: 2_000, finished: true },
      ...{ arms: evaluations(right), steps: [], curves: [] },
    });
  }
  return run;
}

/** The words of the panel, without its elements. */
function words(run: Run): string {
  const { store, controller } = fakePage();
  const page = (
    <AppProvider app={{ store, controller }}>
      <VerdictPanel run={run} />
    </AppProvider>
  );
  return renderToStaticMarkup(page)
    .replace(/<[^>]*>/g, ' ')
    .replace(/[ \n]+/g, ' ')
    .replace(/&#x27;/g, "'");
}

const notShown = t('verdict.notShown');

test('before the first evaluation there is none', () => {
  const run = newRun({ id: 'a', name: 'n', origin: 'live', presetId: 'few-labels-1', spec });
  expect(words({ ...run, facts })).toContain(t('verdict.none'));
});

test('helped: the gain and where it comes from, of this one run', () => {
  const said = words(runOf([600, 700, 900]));
  expect(said).toContain(t('verdict.ofAccuracy', { step: '2,000' }));
  expect(said).toContain(t('verdict.split', { total: '+30.0', answers: '10.0', softness: '20.0' }));
  expect(said).toMatch(/\+27\.\d to \+32\.\d points, this one run \(paired, 95\s%\)\./);
  expect(said).not.toContain(notShown);
});

test('an averaged copy has a lane of its own below the arm that it teaches', () => {
  const run = runOf([600, 700, 900]);
  const [labels, hard, distilled] = evaluations([600, 700, 900]);
  const average = { accuracy: 0.912, recall: [], loss: null };
  const arms = [
    present(labels, 'an arm'),
    present(hard, 'an arm'),
    { ...present(distilled, 'an arm'), average },
  ];
  expect(words(run)).not.toContain('averaged copy');
  run.log.evaluate({ step: 2_000, arms });
  expect(words(run)).toContain(`${t('arm.average', { name: t('arm.distilled') })} 91.2 %`);
});

test('of several distilled arms the claim says which it is about', () => {
  const run = runOf([600, 600, 900]);
  const arms: RunSpec['arms'] = [
    { kind: 'labels' },
    { kind: 'distilled', name: 'mine' },
    { kind: 'distilled', name: 'other' },
  ];
  const facts = { ...present(run.facts, 'facts'), spec: { ...spec, arms } };
  const own = arms.map((arm, i) => ({ ...present(facts.arms[i], 'an arm'), spec: arm }));
  const said = words({ ...run, spec: { ...spec, arms }, facts: { ...facts, arms: own } });
  expect(said).toContain(`mine: ${notShown}`);
  expect(said).toContain(
    t('verdict.rival', { name: 'other', other: 'mine', value: '+30.0', low: '+27.2', high: '+32.8' }),
  );
});

test('worse is said as plainly', () => {
  const said = words(runOf([900, 700, 600]));
  expect(said).toContain(t('verdict.split', { total: '−30.0', answers: '−20.0', softness: '−10.0' }));
  expect(said).not.toContain(notShown);
});

test('no difference: no gain is named, only the interval that holds 0', () => {
  const said = words(runOf([600, 601, 602]));
  expect(said).toContain(notShown);
  expect(said).toContain(t('verdict.oneRun', { low: '−0.1', high: '+0.5' }));
  expect(said).not.toContain('0.2 points');
});

test('a gain that softness has no shown part in says so', () => {
  const said = words(runOf([600, 899, 900]));
  expect(said).toContain(t('verdict.split', { total: '+30.0', answers: '29.9', softness: '0.1' }));
  expect(said).toContain(t('verdict.softnessNotShown'));
  expect(said).not.toContain(t('verdict.answersNotShown'));
});

test('a gain that the answers alone have no shown part in says so', () => {
  const said = words(runOf([600, 601, 900]));
  expect(said).toContain(t('verdict.split', { total: '+30.0', answers: '0.1', softness: '29.9' }));
  expect(said).toContain(t('verdict.answersNotShown'));
  expect(said).not.toContain(t('verdict.softnessNotShown'));
});

test('over seeds: the interval, in how many it was better, and the shares', () => {
  const said = words(
    runOf(
      [600, 700, 900],
      [
        [600, 700, 900],
        [610, 700, 900],
        [590, 700, 900],
      ],
    ),
  );
  expect(said).toContain(t('verdict.split', { total: '+30.0', answers: '10.0', softness: '20.0' }));
  expect(said).toContain(t('verdict.seeds', { low: '+27.5', high: '+32.5', seeds: 3, k: 3 }));
  expect(said).toContain(t('verdict.gap'));
  expect(said).toContain(t('verdict.softShare'));
  expect(said).toContain(t('repeat.again'));
});

test('over seeds: better in each of them and still no difference shown', () => {
  const said = words(
    runOf(
      [600, 600, 620],
      [
        [600, 600, 620],
        [600, 600, 640],
        [600, 600, 660],
      ],
    ),
  );
  expect(said).toContain(notShown);
  expect(said).toContain(t('verdict.seeds', { low: '−1.0', high: '+9.0', seeds: 3, k: 3 }));
  expect(said).not.toContain('+4.0');
});

test('after one finished seed it is still the verdict of one run, which asks for more', () => {
  const said = words(runOf([600, 700, 900], [[600, 700, 900]]));
  expect(said).toContain('this one run');
  expect(said).toContain(t('repeat.why'));
  expect(said).not.toContain(t('verdict.gap'));
});

test('without a baseline nothing is compared', () => {
  const run = runOf([600, 700, 900]);
  const log = runOf([900, 0, 0]).log;
  const said = words({ ...run, log, facts: { ...facts, arms: facts.arms.slice(2) } });
  expect(said).not.toContain('points');
  expect(said).not.toContain(notShown);
});

test('a further loss is told against labels and against the first, and what is not shown is not claimed', () => {
  const arms: RunSpec['arms'] = [...spec.arms, { kind: 'distilled', name: 'my loss' }];
  const known = facts.arms[2];
  const raced = { ...facts, arms: [...facts.arms, present(known, 'the distilled arm')] };
  const runWith = (right: number) => {
    const made = newRun({
      id: 'a',
      name: 'a',
      origin: 'live',
      presetId: 'few-labels-1',
      spec: { ...spec, arms },
    });
    const both = [...evaluations([600, 700, 900]), ...evaluations([right, 0, 0]).slice(0, 1)];
    made.log.evaluate({ step: 2_000, arms: both });
    return words({ ...made, facts: raced });
  };
  expect(runWith(950)).toMatch(/my loss against labels only: \+35\.0 points \(\+32\.\d to \+3[78]\.\d\)\./);
  expect(runWith(950)).toMatch(/my loss against distilled: \+5\.0 points/);
  expect(runWith(901)).toMatch(/my loss against distilled: no difference shown \(−0\.1 to \+0\.3 points\)\./);
  expect(words(runOf([600, 700, 900]))).not.toContain('against');
});
