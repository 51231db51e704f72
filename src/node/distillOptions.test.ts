// The command line as a specification: several teachers, and sweeps.
import { expect, test } from 'vitest';
import { readOptions } from './distillOptions.ts';

const specOf = (...args: readonly string[]) => {
  const request = readOptions([...args, '--print-spec']);
  if (request.kind !== 'print') throw new Error(request.kind);
  return request.spec;
};

test('two ONNX files after --teacher teach together by their weights, live where that is asked; what lies beside them is no teacher', () => {
  const two = ['--teacher', 'a.onnx', '--teacher', 'a.onnx.data', '--teacher', 'b.onnx', '--weights', '2,1'];
  const { teacher } = specOf(...two, '--live');
  expect(teacher).toMatchObject({
    ...{ source: 'several', delivery: 'live', combine: 'probabilities' },
    members: [
      { source: 'file', weight: 2 },
      { source: 'file', weight: 1 },
    ],
  });
  expect(specOf(...two).teacher.delivery).toBe('pack');
  expect(specOf('--teacher', 'a.onnx', '--teacher', 'a.onnx.data').teacher.source).toBe('file');
});

test("data of one's own are shared out and labelled as in the page, unless a preset, a specification or --set says otherwise", () => {
  const own = ['--teacher', 'a.onnx', '--images', 'i', '--labels', 'l'];
  const read = (...more: readonly string[]) => {
    const request = readOptions([...own, ...more]);
    if (request.kind !== 'run') throw new Error(request.kind);
    const { sharesOut, spec } = request.options;
    return { sharesOut, labelled: spec.data.labelled, temperature: spec.objective.temperature };
  };
  expect(read()).toEqual({ sharesOut: true, labelled: 'all', temperature: 2 });
  expect(read('--preset', 'few-labels-1')).toEqual({ sharesOut: true, labelled: 100, temperature: 16 });
  expect(read('--set', 'data.test=20').sharesOut).toBe(false);
});

test('A sweep is a setting with its values, each checked before anything runs', () => {
  const request = readOptions(['--sweep', 'objective.temperature=1,2.5', '--seeds', '1..3']);
  if (request.kind !== 'run') throw new Error(request.kind);
  expect(request.options.sweep).toEqual({ path: 'objective.temperature', values: [1, 2.5] });
  expect(request.options.seeds).toEqual([1, 2, 3]);
  expect(() => readOptions(['--sweep', 'objective.temperature=1,0'])).toThrow(
    /objective\.temperature.*got 0/,
  );
  expect(() => readOptions(['--sweep', 'objective.temperature'])).toThrow(/cannot be swept/);
});
