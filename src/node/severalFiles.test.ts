// Two ONNX models of a user's, from the files that were dropped to a batch that both answer live.
import { expect, test } from 'vitest';
import { imageSet, teacherModel } from '../../e2e/models.ts';
import { ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { presets } from '../spec/presets.ts';
import { parseRunSpec } from '../spec/runSpec.ts';
import { inspectFiles, sortFiles } from '../training/inspectFiles.ts';
import { openTeachers } from '../training/openTeachers.ts';
import { prepareRun } from '../training/prepare.ts';
import { Race } from '../training/race.ts';
import { runData } from '../training/runData.ts';
import { runFiles } from '../training/teacherFiles.ts';
import { nodeHost } from './host.ts';

const draft = presets.get('few-labels-1')?.spec;
if (draft === undefined) throw new Error('no preset');
const { images, labels } = imageSet({ n: 60 });
const model = (name: string, hidden: number) => ({ name, bytes: teacherModel({ hidden }) });
const files = [
  model('small.onnx', 8),
  { name: 'images-idx3-ubyte', bytes: images },
  { name: 'labels-idx1-ubyte', bytes: labels },
  model('large.onnx', 16),
];

test('two models that are dropped with data are one teacher, and each answers its batches', async () => {
  const found = await inspectFiles(files);
  expect(found).toMatchObject({ missing: [], more: [{ inputs: [{ name: 'input' }] }] });
  const members = [found.teacher, ...(found.more ?? [])].map((one) => {
    const tensors = { input: one?.inputs[0]?.name, logits: one?.logits[0]?.name };
    return { source: 'file', sha256: one?.sha256, ...tensors, weight: 0.5 };
  });
  const rows = { transfer: 36, labelled: 'all', validation: 6, test: 18, leaveOut: [], labelNoise: 0 };
  const spec = parseRunSpec({
    ...draft,
    data: { task: 'file', fingerprint: found.fingerprint, mean: 0, std: 1, ...rows, dataSeed: 1 },
    teacher: { source: 'several', members, combine: 'probabilities', delivery: 'live', provider: 'auto' },
    training: { ...draft.training, batch: 4 },
  });
  const hub = { files: () => Promise.reject(new RangeError('no hub is asked')) };
  const given = await runFiles(spec, files, hub as never, () => undefined);
  expect(given.teacher.map(({ name }) => name)).toEqual(['small.onnx', 'large.onnx']);
  const host = nodeHost();
  const data = await runData(spec, spec.seed, host, sortFiles(given.all).data.data);
  const prepared = await prepareRun(spec, data, host, given.teacher, () => undefined);
  expect(prepared.teacher.title).toBe('small.onnx + large.onnx');
  const executor = new ReferenceExecutor('float32');
  const race = await Race.create(executor, spec, prepared);
  const live = await openTeachers(race, host);
  race.trainer.liveTeacher = live;
  await race.trainer.takeStep();
  const { batches } = race.trainer;
  const [small, large] = [
    await executor.read(batches.answersOf(0)),
    await executor.read(batches.answersOf(1)),
  ];
  expect(small).not.toEqual(large);
  const mean = await executor.read(batches.teacher, 0, 10);
  expect(mean.reduce((sum, logP) => sum + Math.exp(logP), 0)).toBeCloseTo(1, 5);
  live.dispose();
  race.dispose();
});

test('more models than can teach together are refused', async () => {
  const five = Array.from({ length: 5 }, (_, i) => model(`${i}.onnx`, 8));
  await expect(inspectFiles(five)).rejects.toMatchObject({ detail: { code: 'teacher-twice' } });
});
