import { expect, test } from 'vitest';
import { evaluation } from './fakeEngine.ts';
import { headlineOf, onlyHeadline } from './headline.ts';
import { reproductionOf } from './reproduction.ts';
import { newRun, type Run } from './run.ts';
import { presetSpec } from './state.ts';

const id = 'two-moons-1';

function runOf(origin: Run['origin'], accuracies: readonly number[], spec = presetSpec(id)): Run {
  const run = newRun({ id: origin, name: origin, origin, presetId: id, spec });
  for (const [i, accuracy] of accuracies.entries())
    run.log.evaluate({
      step: 50 * i,
      arms: spec.arms.map((_, arm) => ({ ...evaluation(spec, arm, 50 * i), accuracy })),
    });
  return run;
}

test('a run that meets every figure of a link reproduces it', () => {
  const reproduced = reproductionOf(runOf('live', [0.5, 0.90041]), [runOf('link', [0.5, 0.9])]);
  expect(reproduced).toEqual({ name: 'link', apart: 0, unit: 'points' });
});

test('one figure that differs is told in points', () => {
  const other = reproductionOf(runOf('live', [0.5, 0.95]), [runOf('link', [0.5, 0.9])]);
  expect(other?.apart).toBeCloseTo(5);
});

test('a loss that differs is told in nats', () => {
  const spec = presetSpec('stories-1');
  const losing = (origin: Run['origin'], loss: number) => {
    const run = newRun({ id: origin, name: origin, origin, presetId: 'stories-1', spec });
    run.log.evaluate({ step: 0, arms: spec.arms.map(() => onlyHeadline(headlineOf(spec), loss)) });
    return run;
  };
  const other = reproductionOf(losing('live', 1.25), [losing('link', 1)]);
  expect(other?.apart).toBeCloseTo(0.25);
  expect(other?.unit).toBe('nats');
});

test('another seed is no reproduction, and neither is a page without a link', () => {
  const link = runOf('link', [0.5, 0.9], { ...presetSpec(id), seed: 9 });
  expect(reproductionOf(runOf('live', [0.5, 0.9]), [link])).toBeNull();
  expect(reproductionOf(runOf('live', [0.5, 0.9]), [runOf('recording', [0.5, 0.9])])).toBeNull();
});
