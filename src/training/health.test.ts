// Halts are found in metrics, states that are not well are seen, and a halved rate is an event among the others.
import { describe, expect, test } from 'vitest';
import { healthField } from '../kernels/gradientScale.ts';
import { healthColumn, ringWidth } from '../kernels/metricsRow.ts';
import { smallSpec } from './fakeHost.ts';
import { diverged, haltIn, isSound, withHalvedRate } from './health.ts';
import type { TrainerState } from './trainer.ts';

function rows(firstStep: number, count: number, halted: readonly (number | null)[]) {
  const arms = halted.map((from) => {
    const values = new Float32Array(count * ringWidth);
    for (let i = 0; i < count; i++)
      if (from !== null && firstStep + i >= from)
        values[i * ringWidth + healthColumn + healthField.halted] = 1;
    return values;
  });
  return { firstStep, count, arms };
}

describe('a halt', () => {
  test('is none where no arm is halted', () => expect(haltIn(rows(10, 30, [null, null]))).toBeNull());

  test('began two steps before the row that shows it first', () =>
    expect(haltIn(rows(10, 30, [null, 25]))).toEqual({ arm: 1, step: 23 }));

  test('is that of the arm that was halted first', () =>
    expect(haltIn(rows(10, 30, [30, null, 20]))).toEqual({ arm: 2, step: 18 }));

  test('at the very beginning is of step 0', () =>
    expect(haltIn(rows(0, 5, [2]))).toEqual({ arm: 0, step: 0 }));
});

describe('what ends a run', () => {
  test('before any update is the loss, after some the rate', () => {
    const first = diverged(smallSpec(), { arm: 0, step: 0 }, 'the gradient of linear0.weight', 3);
    expect(first.detail).toMatchObject({
      control: 'objective.terms',
      remedy: expect.stringMatching(/formula.*inputs are scaled/),
    });
    expect(first.detail.got).toContain('first weights');
    const later = diverged(smallSpec(), { arm: 0, step: 1 }, null, 3);
    expect(later.detail).toMatchObject({
      control: 'optimiser.learningRate',
      got: expect.stringContaining('after 3 rollbacks'),
    });
  });
});

describe('a state', () => {
  function state(parameter: number, health: readonly [number, number]): TrainerState {
    const numbers = Float32Array.of(1, parameter, -3);
    const [inARow, halted] = health;
    const own = new Float32Array(16);
    own[healthField.nonFiniteInARow] = inARow;
    own[healthField.halted] = halted;
    const calm = new Map([
      ['parameters.0', Float32Array.of(1)],
      ['health', new Float32Array(16)],
    ]);
    return {
      step: 1,
      events: [],
      arms: [
        calm,
        new Map([
          ['parameters.0', numbers],
          ['health', own],
        ]),
      ],
    };
  }

  test('is sound with finite numbers, however large', () => expect(isSound(state(-3e38, [0, 0]))).toBe(true));

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'with %s in it is not sound',
    (x) => expect(isSound(state(x, [0, 0]))).toBe(false),
  );

  test('of an arm that is halted, or on its way there, is not sound', () => {
    expect(isSound(state(0, [3, 1]))).toBe(false);
    expect(isSound(state(0, [1, 0]))).toBe(false);
  });
});

describe('a halved rate', () => {
  const rate = 'optimiser.learningRate';
  const at = (step: number, path: string, value: number) => ({ step, path, value });
  const spec = smallSpec();

  test('is an event of the step that the run goes back to', () => {
    const { events, event } = withHalvedRate([], spec, 0, 20, 47);
    expect(event).toEqual(at(20, rate, spec.optimiser.learningRate / 2));
    expect(events).toEqual([event]);
  });

  test('takes back what had set the rate since, and nothing else', () => {
    const before = [at(5, rate, 1), at(20, rate, 2), at(20, 'objective.mix', 0.5)];
    const between = [at(30, 'objective.temperature', 3), at(40, rate, 4)];
    const after = [at(60, rate, 5)];
    const now = { ...spec, optimiser: { ...spec.optimiser, learningRate: 4 } };
    const { events } = withHalvedRate([...before, ...between, ...after], now, 0, 20, 47);
    expect(events).toEqual([before[0], before[2], at(20, rate, 2), between[0], after[0]]);
  });

  test('is that of the arm where it has its own', () => {
    const now = {
      ...spec,
      arms: [spec.arms[0] ?? { kind: 'labels' }, { kind: 'hard' as const, learningRate: 0.5 }],
    };
    expect(withHalvedRate([], now, 1, 0, 9).event).toEqual(at(0, 'arms.1.learningRate', 0.25));
    expect(withHalvedRate([], now, 0, 0, 9).event.path).toBe(rate);
  });
});
