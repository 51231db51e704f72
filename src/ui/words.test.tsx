/** What the page says in words that depend on the run: of settings that nobody has run, of arms that are missing, of changes. */
import type { ReactNode } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import type { RunSpec } from '../spec/runSpec.ts';
import { chartData } from '../store/curves.ts';
import { type FakePage, fakePage, present, settled } from '../store/fakePage.ts';
import { newRun } from '../store/run.ts';
import { changeRun, notify, presetSpec } from '../store/state.ts';
import { AppProvider } from './appContext.tsx';
import { Confusion } from './Confusion.tsx';
import { Legend, Notes } from './Curves.tsx';
import { nameOf } from './chartWords.ts';
import { Masthead, MastheadWords } from './Masthead.tsx';
import { Notices } from './Notices.tsx';
import { NotRun } from './NotRun.tsx';
import { changedText, RunsTable } from './RunsTable.tsx';
import { ShownRun } from './ShownRun.tsx';
import { Slider } from './Slider.tsx';
import { TeacherSource } from './TeacherSource.tsx';
import { adapterName, t, whereItRan } from './text.ts';

/** The words of a part of the page, without its elements. */
function words({ store, controller }: FakePage, part: ReactNode): string {
  // Without a browser React shows a store as it was first.
  const now = { ...store, getInitialState: store.getState };
  return renderToStaticMarkup(<AppProvider app={{ store: now, controller }}>{part}</AppProvider>)
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');
}

const moons = presetSpec('two-moons-1');
const fewer: RunSpec = { ...moons, data: { ...moons.data, labelled: 8 } };

async function offered(spec: RunSpec): Promise<FakePage> {
  const page = fakePage();
  await page.controller.choosePreset('two-moons-1');
  await settled();
  page.controller.offer('two-moons-1', spec, null);
  return page;
}

test('settings that nobody has run are told by what they change, with the way to the recorded run', async () => {
  const page = await offered(fewer);
  const told = words(page, <NotRun>Run it.</NotRun>);
  expect(told).toContain(t('app.empty'));
  expect(told).toContain('Labelled rows 20 → 8');
  expect(told).toMatch(/Watch the recorded run of .+ instead/);
  expect(words(page, <MastheadWords />)).toContain('Two moons, changed · not run yet');
});

test('a recording on its way is never said not to exist', () => {
  const page = fakePage({ openRecording: () => new Promise(() => undefined) });
  void page.controller.choosePreset('two-moons-1');
  expect(words(page, <NotRun>Run it.</NotRun>).trim()).toBe(t('app.awaited'));
  expect(words(page, <MastheadWords />)).not.toContain('not run yet');
});

test('where the recorded run of a preset did not load that is said, never that nobody has recorded one, and it can be loaded again', async () => {
  const page = fakePage({ openRecording: () => Promise.reject(new Error('no answer')) });
  await page.controller.choosePreset('two-moons-1');
  const told = words(page, <NotRun>Run it.</NotRun>);
  expect(told).toContain(t('app.recordingLost'));
  expect(told).toContain(t('app.recordingAgain'));
  expect(told).not.toContain(t('app.empty'));
});

test('of a live run of a preset that could not be prepared nobody says that there is no recording', async () => {
  const page = fakePage();
  await page.controller.choosePreset('two-moons-1');
  await page.controller.prepareLive();
  await settled();
  changeRun(page.store, page.run.id, { facts: null });
  const told = words(page, <NotRun>Run it.</NotRun>);
  expect(told).toContain(t('app.unstarted'));
  expect(told).toMatch(/Watch the recorded run of .+ instead/);
});

test('what is shown is named for what it is at every moment, and no setting of a recording is called live', async () => {
  const page = fakePage({ engine: { interval: 0 } });
  const shown = () => words(page, <ShownRun run={page.run} />).trim();
  const settings = () =>
    words(
      page,
      <Slider
        label="T"
        value={1}
        min={0}
        max={2}
        hard={{ min: 0, max: 9 }}
        badge={t('field.live')}
        onChange={() => undefined}
      />,
    );
  await page.controller.choosePreset('two-moons-1');
  await settled();
  expect(shown()).toBe('Recording, finished Step 1,500 of 1,500');
  expect(settings()).not.toContain('live');
  changeRun(page.store, page.run.id, { state: 'playing', step: 10 });
  expect(shown()).toBe('Recording, playing Step 10 of 1,500');

  // As it is until it has been read.
  changeRun(page.store, page.run.id, { facts: null, state: 'paused', step: 0 });
  expect(shown()).toBe('Recording Step 0 of 1,500');
  expect(words(page, <MastheadWords />)).not.toContain('live');

  await page.controller.prepareLive();
  await settled();
  expect(shown()).toBe('Live run, paused Step 0 of 1,500');
  expect(settings()).toContain('live');
  expect(words(page, <MastheadWords />)).toContain('Two moons · a live run on');
  await page.controller.play();
  await settled();
  expect(shown()).toMatch(/^Live run, training Step/);
  changeRun(page.store, page.run.id, { state: 'finished' });
  expect(shown()).toMatch(/^Live run, finished Step/);
  expect(settings()).not.toContain('live');
  page.store.setState({ repeat: { index: 1, count: 5, step: 300, total: 1_500 } });
  expect(shown()).toBe('Live run, seed 2 of 5 Step 300 of 1,500');
  page.store.setState({ repeat: null });
  changeRun(page.store, page.run.id, { facts: null });
  expect(shown()).toMatch(/^Live run, not started Step/);
  expect(words(page, <MastheadWords />)).toContain('not run yet');
});

test.each([
  ['distilled', /It gets [\d.]+ of 100 right\. *$/],
  ['labels', /Trained on labels alone, it gets [\d.]+ of 100 right\. *$/],
] as const)('a race of %s alone has no sentence about another arm', async (kind, sentence) => {
  const page = fakePage();
  page.controller.offer('two-moons-1', { ...moons, arms: [{ kind }] }, null);
  await page.controller.prepareLive();
  await settled();
  expect(words(page, <MastheadWords />)).toMatch(sentence);
});

test('the legend of a race over texts names its true entropy beside the arms', async () => {
  const page = fakePage();
  await page.controller.choosePreset('stories-1');
  await settled();
  const { facts } = page.run;
  if (facts === null) throw new Error('no facts');
  const language = { loss: 1, perplexity: 2, bitsPerCharacter: null, teacherLoss: 1, floor: 0.7 };
  const legend = (floor: number | null) => {
    const teacher = { ...facts.teacher, language: { ...language, floor } };
    return words(page, <Legend run={{ ...page.run, facts: { ...facts, teacher } }} everywhere={false} />);
  };
  expect(legend(0.7)).toMatch(/teacher.*distilled.*true entropy/);
  expect(legend(null)).not.toContain('true entropy');
});

test('a run that could not be prepared is not said to be on its way, and it can be tried again', async () => {
  const page = fakePage();
  page.controller.offer('two-moons-1', moons, null);
  const run = newRun({ id: 'a', name: 'a', origin: 'live', presetId: 'two-moons-1', spec: moons });
  page.store.setState({ runs: [run], currentId: 'a', activity: 'preparing' });
  expect(words(page, <Masthead />)).toContain('a live run on its way');
  page.store.setState({ activity: 'idle' });
  expect(words(page, <Masthead />)).toMatch(/Two moons · not run yet.*Run it live/);
});

test('of two classes that nobody showed the number is said to be of the first', async () => {
  const page = fakePage();
  const dark = presetSpec('dark-knowledge-1');
  const said = async (leaveOut: number[]) => {
    page.controller.offer('dark-knowledge-1', { ...dark, data: { ...dark.data, leaveOut } }, null);
    await page.controller.prepareLive();
    await settled();
    return words(page, <MastheadWords />);
  };
  expect(await said([3])).toMatch(/It reads \d+ of 100\. Trained/);
  expect(await said([3, 8])).toMatch(/It reads \d+ of 100 of class 3\. Trained/);
});

test('a teacher that comes is told by its bytes, and one that is here is said to be starting', async () => {
  const page = fakePage();
  page.controller.offer('two-moons-1', moons, null);
  await page.controller.prepareLive();
  await settled();
  const said = (done: number, total: number) => {
    page.store.setState({ progress: { stage: 'teacher', done, total } });
    return words(page, <TeacherSource run={page.run} />);
  };
  expect(said(5_000, 18_000)).toContain('Loading the teacher: 5 kB of 18 kB');
  for (const [done, total] of [[18_000, 18_000] as const, [0, 0] as const]) {
    expect(said(done, total)).toContain('Starting the teacher…');
    expect(said(done, total)).not.toContain('Loading');
  }
});

test('a chart names the runs whose lines are drawn under its own', async () => {
  const page = fakePage();
  await page.controller.choosePreset('two-moons-1');
  await settled();
  expect(words(page, <Notes run={page.run} />)).not.toContain('Faint');
  const other = newRun({
    id: 'b',
    name: 'bright cask',
    origin: 'link',
    presetId: 'two-moons-1',
    spec: moons,
  });
  page.store.setState({ runs: [...page.store.getState().runs, { ...other, compared: true }] });
  expect(words(page, <Notes run={page.run} />)).toContain(t('curves.ghosts', { names: 'bright cask' }));
});

test('where a recording kept no confusion the map says so, and is not drawn empty', async () => {
  const page = fakePage();
  await page.controller.choosePreset('two-moons-1');
  await settled();
  const { log } = page.run;
  expect(words(page, <Confusion run={page.run} />)).not.toContain(t('confusion.atEnd'));
  const last = log.last?.arms ?? [];
  log.evaluate({ step: 1e6, arms: last.map((arm) => ({ ...arm, confusion: [] })) });
  expect(words(page, <Confusion run={page.run} />).trim()).toBe(t('confusion.atEnd'));
});

test('what a link left out is named as the page names it', () => {
  const page = fakePage();
  const fields = ['student.hidden.0', 'student.hidden.1', 'training.steps', 'nobody.knows'];
  notify(page.store, { kind: 'dropped', fields });
  expect(words(page, <Notices />)).toContain(': Hidden widths, Steps, nobody.knows');
});

test('a setting that was moved while the run went on is among what changed, with its last value and step', async () => {
  const page = fakePage();
  page.controller.offer('two-moons-1', moons, null);
  await page.controller.prepareLive();
  await settled();
  expect(changedText(page.run)).toBe(t('runs.same'));
  page.run.log.record({ step: 10, path: 'objective.temperature', value: 2 });
  page.run.log.record({ step: 40, path: 'objective.temperature', value: 9 });
  expect(changedText(page.run)).toBe('Temperature T → 9 at step 40');
  changeRun(page.store, page.run.id, { changes: [{ path: 'data.labelled', from: 20, to: 8 }] });
  expect(changedText(page.run)).toBe('Labelled rows 20 → 8 · Temperature T → 9 at step 40');
});

test('runs of several presets in one table say of which they are, and a recording tells of its end', async () => {
  const page = fakePage();
  await page.controller.choosePreset('two-moons-1');
  await page.controller.prepareLive();
  await settled();
  const few = newRun({
    id: 'b',
    name: 'b',
    origin: 'live',
    presetId: 'few-labels-1',
    spec: presetSpec('few-labels-1'),
  });
  const table = () => words(page, <RunsTable />);
  const recording = present(page.store.getState().runs[0], 'a recording');
  changeRun(page.store, recording.id, { step: 24 });
  expect(table()).toContain('recorded the preset 1,500 ');
  expect(table()).not.toContain('Two moons:');
  page.store.setState({ runs: [...page.store.getState().runs, few] });
  expect(table()).toMatch(/Two moons: Test rows.*Few labels: nothing/);
});

test('a run without a GPU is said to be on the processor, and a processor that plays one is told with its name', () => {
  const adapter = { name: 'reference (float32)', software: true, executor: 'reference' } as const;
  expect(whereItRan({ adapter })).toBe('the processor, without a GPU');
  const played = { ...adapter, name: 'google swiftshader', executor: 'gpu' } as const;
  expect(adapterName({ adapter: played })).toBe('google swiftshader');
  expect(whereItRan({ adapter: played })).toBe('a processor in place of a GPU (google swiftshader)');
  expect(whereItRan({ adapter: { ...played, name: 'nvidia ampere', software: false } })).toBe(
    'nvidia ampere',
  );
});

test('lines of a loss’s terms and of its labels are named as such, and by arm where several have them', async () => {
  const names = (spec: RunSpec) => {
    const run = newRun({ id: 'a', name: 'a', origin: 'live', presetId: 'two-moons-1', spec });
    return (['terms', 'gradients'] as const).map((chart) =>
      chartData(chart, run, [], 0).traces.map((trace) => nameOf(run, trace)),
    );
  };
  const terms = ['forward_kl', 'reverse_kl'].map((id) => ({ id, weight: 1 }));
  const two: RunSpec = { ...moons, objective: { ...moons.objective, terms } };
  expect(names(two)).toEqual([
    ['forward KL', 'reverse KL'],
    ['labels', 'forward KL', 'reverse KL'],
  ]);
  const arms: RunSpec['arms'] = [{ kind: 'distilled' }, { kind: 'distilled', name: 'other' }];
  expect(names({ ...moons, arms })).toEqual([
    ['distilled: forward KL', 'other: forward KL'],
    ['distilled: labels', 'distilled: forward KL', 'other: labels', 'other: forward KL'],
  ]);
});
