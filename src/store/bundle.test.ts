// A bundle unpacked again: every file is the one that is saved alone, and its receipt is a specification again.
import { unzipSync } from 'fflate';
import { expect, test } from 'vitest';
import type { Export } from '../protocol/commands.ts';
import { csvColumns } from '../sharing/metricsCsv.ts';
import { firstPreset } from '../spec/presets.ts';
import { parseRunSpec } from '../spec/runSpec.ts';
import { fakeHost, Listening, MortalExecutor, smallSpec } from '../training/fakeHost.ts';
import { bundleOf, standing } from './bundle.ts';
import { errorOf, fakePage, present, settled } from './fakePage.ts';
import { newRun, type Run } from './run.ts';
import { sweepTable } from './sweepView.ts';

const card = new TextEncoder().encode('{"id":"moons-mlp"}');
const asset = (path: string) => Promise.resolve(path === 'teachers/moons-mlp.json' ? card : null);
const words = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

test('a bundle of a live run holds, for every arm, the very files that are saved alone, and a receipt that parses, with events beyond the sixty-four of a link', async () => {
  const page = new Listening(fakeHost(() => new MortalExecutor()));
  const events = Array.from({ length: 70 }, (_, i) => ({ step: i, path: 'objective.mix', value: i / 100 }));
  const training = { steps: 80, batch: 8, accumulate: 1, evaluateEvery: 20 };
  const arms = [{ kind: 'labels' }, { kind: 'distilled', name: 'Soft, T = 4' }] as const;
  const spec = smallSpec({ events, training, arms: [...arms] });
  await page.load(spec);
  await page.playToEnd();
  let id = 0;
  const exported = async (what: Export, arm: number) => {
    id += 1;
    page.session.handle({ type: 'export', id, what, arm });
    await page.session.idle();
    const reply = page.of('reply').find((event) => event.id === id)?.reply;
    return reply?.kind === 'exported' ? reply : null;
  };
  const run: Run = newRun({ id: '1', name: 'x', origin: 'live', presetId: 'two-moons-1', spec });
  for (const event of spec.events) run.log.record(event);
  const readme = (files: readonly { path: string }[]) => files.map(({ path }) => path).join('\n');
  const zip = present(await bundleOf(run, { exported, asset }, readme), 'archive');
  const files = unzipSync(zip);
  const alone = async (what: Export, arm: number) => (await exported(what, arm))?.bytes;
  for (const [arm, folder] of ['students/1-labels', 'students/2-soft-t-4'].entries()) {
    expect(files[`${folder}/student.onnx`]).toEqual(await alone('onnx', arm));
    expect(files[`${folder}/student.safetensors`]).toEqual(await alone('safetensors', arm));
  }
  expect(files['metrics.csv']).toEqual(await alone('metrics', 0));
  expect(files['run.json']).toEqual(await alone('receipt', 0));
  const receipt = JSON.parse(words(files['run.json']));
  expect(parseRunSpec(receipt.spec)).toEqual(spec);
  expect(parseRunSpec(JSON.parse(words(files['spec.json'])))).toEqual(spec);
  expect(receipt.spec.events).toHaveLength(70);
  // The README is told of every file but itself.
  expect(words(files['README.txt']).split('\n').sort()).toEqual(
    Object.keys(files)
      .filter((path) => path !== 'README.txt')
      .sort(),
  );
  await page.close();
});

test('a bundle of a recording holds its settings, its curves with those of each seed, and the card of its teacher', async () => {
  const page = fakePage();
  await page.controller.choosePreset('two-moons-1');
  const nothing = () => Promise.reject(new Error('a recording has no engine'));
  const zip = present(await bundleOf(page.run, { exported: nothing, asset }, () => ''), 'archive');
  const files = unzipSync(zip);
  expect(Object.keys(files).sort()).toEqual(
    ['README.txt', 'metrics.csv', 'seeds.csv', 'spec.json', 'teachers/moons-mlp.json'].sort(),
  );
  expect(parseRunSpec(JSON.parse(words(files['spec.json'])))).toEqual(page.run.spec);
  const table = words(files['metrics.csv']).trimEnd().split('\r\n');
  const column = csvColumns.indexOf('accuracy');
  const accuracies = table.flatMap((line) => {
    const cells = line.split(',');
    return cells[1] === 'distilled' && cells[column] !== '' ? [Number(cells[column])] : [];
  });
  const arm = page.run.spec.arms.findIndex(({ kind }) => kind === 'distilled');
  expect(accuracies).toEqual(page.run.log.evaluations.map(({ arms }) => arms[arm]?.accuracy));
  const seeds = words(files['seeds.csv']).trimEnd().split('\r\n');
  expect(seeds[0]).toBe('seed,step,arm,accuracy');
  const [first] = page.run.log.replicates;
  expect(seeds).toHaveLength(1 + 5 * 3 * (first?.steps.length ?? 0));
});

test('a file that cannot be had leaves no bundle behind', async () => {
  const page = fakePage();
  await page.controller.choosePreset('two-moons-1');
  await page.controller.prepareLive();
  const exported = () => Promise.resolve(null);
  expect(await bundleOf(page.run, { exported, asset }, () => '')).toBeNull();
});

test('a sweep of the run goes along, and not before one of its runs has ended', async () => {
  const page = fakePage();
  await page.controller.choosePreset('two-moons-1');
  await page.controller.prepareLive();
  const exported = (what: Export) => Promise.resolve({ name: what, bytes: card });
  const files = async () =>
    unzipSync(present(await bundleOf(page.run, { exported, asset }, () => ''), 'archive'));
  expect(Object.keys(await files())).not.toContain('sweep.csv');
  page.controller.sweep({ path: 'objective.temperature', values: [2, 4] }, 1);
  await settled();
  expect(words((await files())['sweep.csv'])).toBe(sweepTable(present(page.run.log.sweep, 'sweep')));
});

test.each([
  ['went on meanwhile', (page: ReturnType<typeof fakePage>) => page.controller.step(1)],
  ['plays', (page: ReturnType<typeof fakePage>) => void page.controller.play()],
  [
    'is no longer shown',
    (page: ReturnType<typeof fakePage>) => void page.controller.choosePreset(firstPreset),
  ],
])('a run that %s leaves no bundle of two kinds of files, and that is said', async (_, act) => {
  const page = fakePage();
  await page.controller.choosePreset('two-moons-1');
  await page.controller.prepareLive();
  let asked = 0;
  const exportRun = async (what: Export) => {
    asked += 1;
    if (asked === 3) act(page);
    await settled();
    return { name: what, bytes: card };
  };
  const exported = standing(page.store, { exportRun }, page.run);
  expect(await bundleOf(page.run, { exported, asset }, () => '')).toBeNull();
  expect(errorOf(page.store)).toBe('bundle-moved');
  expect(asked).toBe(3);
});
