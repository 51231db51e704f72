// What `npm run loss` answers beside plain numbers: labels that are missing, and the temperature that a toolkit takes by itself.
import { expect, test } from 'vitest';
import { ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { findToolkit, isShifted, usualTemperature } from '../losses/conventions.ts';
import { answerLoss } from './lossAnswer.ts';

const rows = { classes: 3, student: [[1, 0, 2]], teacher: [[0, 1, 3]], mask: [true] };
const ask = (term: { id: string; formula?: string }, labels: readonly number[], classes = 3) => {
  const cut = (all: readonly (readonly number[])[]) => all.map((row) => row.slice(0, classes));
  const batch = { ...rows, classes, labels, student: cut(rows.student), teacher: cut(rows.teacher) };
  const asked = { terms: [{ weight: 1, ...term }], temperature: 1, scaleByT2: false };
  return answerLoss(new ReferenceExecutor('float64'), asked, batch);
};

test('a loss of labels without labels is refused and not 0, a formula with y too', async () => {
  const typed = { id: 'formula', formula: '-sum(y*log(q))' };
  await expect(ask({ id: 'ce' }, [-1])).rejects.toMatchObject({ code: 'loss-labels' });
  await expect(ask(typed, [-1])).rejects.toMatchObject({ code: 'loss-labels' });
  const [built, own] = [await ask({ id: 'ce' }, [2]), await ask(typed, [2])];
  expect(built.loss).toBeCloseTo(0.40760596, 7);
  expect(own.loss).toBeCloseTo(built.loss, 7);
  expect((await ask({ id: 'forward_kl' }, [-1])).loss).toBeGreaterThan(0);
});

test('a loss that compares the other classes is refused where there is but one', async () => {
  await expect(ask({ id: 'decoupled' }, [1], 2)).rejects.toMatchObject({ code: 'loss-classes' });
});

test('mdistiller takes T = 4 where none is given, the others 1', () => {
  const of = (name: string, id: string) => {
    const toolkit = findToolkit(name);
    if (toolkit === undefined) throw new Error(name);
    return usualTemperature(id, toolkit);
  };
  expect(of('mdistiller', 'forward_kl')).toBe(4);
  expect(of('mdistiller', 'decoupled')).toBe(4);
  expect(of('trl', 'jsd')).toBeNull();
});

test('a row of a text is held against the next token where the toolkit does so: DistillKit with the labels alone', () => {
  const shifted = (name: string, id: string) => {
    const toolkit = findToolkit(name);
    if (toolkit === undefined) throw new Error(name);
    return isShifted(id, toolkit);
  };
  expect(['trl', 'liger', 'torchtune'].map((name) => shifted(name, 'forward_kl'))).toEqual([
    true,
    true,
    true,
  ]);
  expect(['mdistiller', 'textbrewer'].map((name) => shifted(name, 'ce'))).toEqual([false, false]);
  expect(['ce', 'forward_kl', 'jsd'].map((id) => shifted('distillkit', id))).toEqual([true, false, false]);
});
