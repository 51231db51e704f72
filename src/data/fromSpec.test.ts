// Every task of a specification finds its data, and the user's own only where there are files.
import { expect, test } from 'vitest';
import { presets } from '../spec/presets.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { fileDataset } from './fileDataset.ts';
import { datasetFromSpec } from './fromSpec.ts';
import { refusal, textFile } from './readerTests.ts';
import { readUserFiles } from './userFiles.ts';

const preset = presets.get('dark-knowledge-1')?.spec;
if (preset === undefined) throw new Error('no preset');
const rows = {
  ...{ transfer: 40, validation: 10, test: 20, dataSeed: 1 },
  ...{ labelled: 20, leaveOut: [], labelNoise: 0.5 },
};
const specOf = (data: RunSpec['data']): RunSpec => ({ ...preset, data });
const plane = { task: 'planes', shape: 'spirals', noise: 0.1, everywhere: false, ...rows } as const;
const planes = specOf(plane);
const glyphs = specOf({ task: 'glyphs', size: 16, ...rows });
const own = specOf({ task: 'file', fingerprint: '', mean: 1, std: 2, ...rows });
const lines = Array.from({ length: 90 }, (_, row) => `${row},${row % 7},${row % 3}`);
const { data: files } = readUserFiles([{ name: 'a.csv', bytes: textFile(lines.join('\n')) }]);

test.each([
  ['planes', planes, [2], 3],
  ['glyphs', glyphs, [1, 16, 16], 10],
  ['file', own, [2], 3],
] as const)('%s: shape, classes and counts are those of the specification', (_, spec, shape, classes) => {
  const { dataset } = datasetFromSpec(spec, 1, files);
  expect(dataset.inputShape).toEqual(shape);
  expect(dataset.classNames).toHaveLength(classes);
  expect([dataset.transfer.n, dataset.validation.n, dataset.test.n]).toEqual([40, 10, 20]);
  expect(dataset.transfer.labelled.filter((given) => given === 1)).toHaveLength(20);
});

test.each([
  ['planes', planes],
  ['glyphs', glyphs],
  ['file', own],
])('%s: the same seed gives the same data, and another one other labels on the same rows', (_, spec) => {
  const one = datasetFromSpec(spec, 1, files).dataset;
  const two = datasetFromSpec(spec, 2, files).dataset;
  expect(datasetFromSpec(spec, 1, files).dataset).toEqual(one);
  expect([two.fingerprint, two.transfer.inputs]).toEqual([one.fingerprint, one.transfer.inputs]);
  expect(two.transfer.labels).not.toEqual(one.transfer.labels);
});

test('points from the whole picture are drawn where the specification asks for them', () => {
  const everywhere = specOf({ ...plane, everywhere: true });
  const inputs = datasetFromSpec(everywhere, 1).dataset.transfer.inputs;
  expect(inputs).not.toEqual(datasetFromSpec(planes, 1).dataset.transfer.inputs);
});

test('a built-in task comes with its data, named by its settings, and files are no task', () => {
  expect(datasetFromSpec(planes, 1).task?.id).toBe('planes-spirals-0.1');
  expect(datasetFromSpec(glyphs, 1).task?.id).toBe('glyphs-16');
  expect(datasetFromSpec(own, 1, files).task).toBeNull();
});

test("a run on the user's files is dealt from them as fileDataset deals", () => {
  if (files === undefined || own.data.task !== 'file') throw new Error('no files');
  expect(datasetFromSpec(own, 5, files).dataset).toEqual(fileDataset(files, own.data, 5));
});

test("a run on the user's files without files is refused", () => {
  expect(refusal(() => datasetFromSpec(own, 1))).toMatchObject({
    code: 'data-file-missing',
    control: 'data.file',
  });
});
