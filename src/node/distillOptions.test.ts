// The command line as a specification: several teachers, files of the user's own, receipts, and sweeps.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import type { RunSpec } from '../spec/runSpec.ts';
import { shellWord } from './commandLine.ts';
import { readOptions } from './distillOptions.ts';
import { comparedWith } from './specFile.ts';

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

function receiptOf(spec: RunSpec, step = spec.training.steps): string {
  const path = `${mkdtempSync(`${tmpdir()}/stillroom-`)}/run.json`;
  const adapter = { name: 'somewhere', executor: 'gpu' };
  const hashes = { data: '', teacher: '', weights: ['a', 'b', 'c'] };
  const receipt = {
    format: 1,
    spec,
    step,
    adapter,
    versions: { stillroom: '9' },
    hashes,
    final: [],
    command: null,
  };
  writeFileSync(path, JSON.stringify(receipt));
  return path;
}

test("a receipt and its files are the run that left it: scaling, tensors, shares, text and teachers' weights stay", () => {
  const images = ['--teacher', 'a.onnx', '--images', 'i', '--labels', 'l'];
  const drawn = specOf(...images, '--scale', '0.1,0.3', '--set', 'teacher.logits=late', '--live');
  expect(specOf('--spec', receiptOf(drawn), ...images)).toEqual(drawn);
  const scaled = specOf('--spec', receiptOf(drawn), ...images, '--scale', '0,2');
  expect(scaled).toEqual({ ...drawn, data: { ...drawn.data, mean: 0, std: 2 } });

  const texts = ['--text', 'book.txt', '--teacher', 'a.onnx'];
  const settings = ['--tokens', 'byte', '--set', 'student.width=24', '--set', 'student.heads=3'];
  const small = ['--set', 'student.kvHeads=3', '--set', 'data.transfer=70', '--steps', '5'];
  const read = specOf(...texts, ...settings, ...small);
  const again = ['--spec', receiptOf(read), ...texts];
  expect(specOf(...again)).toEqual(read);
  const request = readOptions(again);
  expect(request.kind === 'run' && request.options.sharesOut).toBe(false);

  const two = ['--teachers', 'glyphs-mlp,b.onnx'];
  const together = specOf(...two, '--weights', '2,1', '--combine', 'logits');
  expect(specOf('--spec', receiptOf(together), ...two)).toEqual(together);
  expect(specOf('--spec', receiptOf(together), ...two, '--combine', 'logits').teacher).toMatchObject({
    members: [{ weight: 1 }, { weight: 1 }],
  });
});

test('a text whose rows were never counted is shared out, from a printed specification too', () => {
  const printed = specOf('--text', 'book.txt');
  const request = readOptions(['--spec', receiptOf(printed, 0), '--text', 'book.txt']);
  expect(request.kind === 'run' && request.options.sharesOut).toBe(true);
});

test('a finished run of a receipt is told to be the same or not, and one of other settings or a stopped one is not judged', () => {
  const spec = specOf('--preset', 'two-moons-1', '--steps', '3');
  const request = readOptions(['--spec', receiptOf(spec)]);
  if (request.kind !== 'run' || request.options.receipt === null) throw new Error('no receipt');
  const { receipt } = request.options;
  const run = { spec, step: 3, arms: ['labels', 'hard', 'distilled'] };
  expect(comparedWith(receipt, run, ['a', 'b', 'c'])).toMatch(/^the same as .*run\.json: .*to the last bit$/);
  expect(comparedWith(receipt, run, ['a', 'x', 'c'])).toMatch(
    /^not the same as .*somewhere.*weights in hard$/,
  );
  expect(comparedWith(receipt, { ...run, step: 2 }, ['a', 'b', 'c'])).toBeNull();
  expect(comparedWith(receipt, { ...run, spec: { ...spec, seed: 2 } }, ['a', 'b', 'c'])).toBeNull();
});

test('a command in a receipt can be given to a shell as it stands', () => {
  const formula = 'objective.terms.0={"id":"formula","formula":"sum(p*log(p/q))"}';
  expect(shellWord('--set')).toBe('--set');
  expect(shellWord(formula)).toBe(`'${formula}'`);
  expect(shellWord("it's")).toBe("'it'\\''s'");
  expect(shellWord('')).toBe("''");
});
