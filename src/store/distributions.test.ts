/** From logits to what is drawn: softness, answers and the rows of a strip. */
import { describe, expect, test } from 'vitest';
import type { Probe, RunFacts } from '../protocol/events.ts';
import {
  answer,
  drawnScene,
  gridProbe,
  samplesProbe,
  sceneOf,
  softnessAt,
  stripMarks,
  stripRows,
} from './distributions.ts';
import { factsOf, present } from './fakePage.ts';
import { RunLog } from './runLog.ts';
import { presetSpec } from './state.ts';

const { facts: planes } = await factsOf(presetSpec('two-moons-1'));
const { facts: digits } = await factsOf(presetSpec('dark-knowledge-1'));

/** Three classes, class 2 left out; three samples of one number each. */
const probe: Probe = {
  kind: 'samples',
  side: 0,
  inputs: Float32Array.of(10, 11, 12),
  labels: Uint32Array.of(0, 2, 2),
  teacher: Float32Array.of(3, 0, 0, 0, 0, Math.log(2), 0, 0, 5),
};
const small: RunFacts = {
  ...digits,
  spec: { ...digits.spec, data: { ...digits.spec.data, leaveOut: [2] } },
  inputShape: [1],
  classNames: ['a', 'b', 'c'],
  probes: [probe],
};

function pictured(): RunLog {
  const log = new RunLog();
  log.show({
    step: 50,
    logits: [[Float32Array.of(1, 0, 0, 2, 0, 1, 0, 3, 0), Float32Array.of(0, 1, 0, 0, 1, 0, 0, 1, 4)]],
  });
  return log;
}

describe('a scene', () => {
  test('holds the input, its label, and every model at the temperature that is looked at', () => {
    const scene = present(sceneOf(small, pictured(), 1, 1, 0), 'a scene');
    expect(Array.from(scene.input)).toEqual([11]);
    expect(scene.label).toBe(2);
    const teacher = Array.from(present(scene.teacher, 'a teacher'));
    for (const [at, share] of [0.25, 0.25, 0.5].entries()) expect(teacher[at]).toBeCloseTo(share, 6);
    expect(scene.teacherAnswer).toBe(2);
    expect(scene.arms).toHaveLength(2);
    expect(scene.arms[0]?.[0]).toBeCloseTo(Math.exp(2) / (Math.exp(2) + 1 + Math.E), 6);
    expect(scene.answers).toEqual([0, 1]);
  });

  test('counts the classes over which the teacher spreads', () => {
    const scene = present(sceneOf(small, pictured(), 1, 1, 0), 'a scene');
    // exp(½ ln 4 + ½ ln 2) = √8.
    expect(scene.softness).toBeCloseTo(Math.sqrt(8), 6);
    const hot = present(sceneOf(small, pictured(), 1, 1_000, 0), 'a scene');
    expect(hot.softness).toBeCloseTo(3, 3);
  });

  test('answers otherwise where an offset lifts the class that was left out; the teacher never does', () => {
    const lifted = present(sceneOf(small, pictured(), 0, 1, 3.5), 'a scene');
    expect(lifted.answers).toEqual([2, 2]);
    expect(lifted.teacherAnswer).toBe(0);
    const kept = present(sceneOf(small, pictured(), 0, 1, 0.5), 'a scene');
    expect(kept.answers).toEqual([0, 1]);
  });

  test('has no arms before the first picture, and shows the last sample past the end', () => {
    const scene = present(sceneOf(small, new RunLog(), 99, 1, 0), 'a scene');
    expect(scene.arms).toEqual([]);
    expect(Array.from(scene.input)).toEqual([12]);
  });

  test('is none where a run has no samples', () => {
    expect(sceneOf(planes, new RunLog(), 0, 1, 0)).toBeNull();
    expect(samplesProbe(planes)).toBeNull();
    expect(gridProbe(planes)?.index).toBe(0);
    expect(gridProbe(small)).toBeNull();
  });

  test('of a drawn input has no label, and no teacher where it has not answered', () => {
    const drawn = { input: Float32Array.of(5), arms: [Float32Array.of(0, 9, 0)], teacher: null };
    expect(drawnScene(small, drawn, 1, 0)).toMatchObject({
      ...{ label: null, teacher: null, teacherAnswer: null, softness: null, answers: [1] },
    });
  });
});

describe('softness over all samples', () => {
  test('is the exponential of the mean entropy', () => {
    const one = { ...small, probes: [{ ...probe, teacher: Float32Array.of(0, 0, 0, 90, 0, 0) }] };
    // ln 3 and 0, in the mean.
    expect(softnessAt(one, 1)).toBeCloseTo(Math.sqrt(3), 6);
  });

  test('grows with the temperature, from one class to all of them', () => {
    const values = [0.01, 1, 16, 10_000].map((temperature) => softnessAt(digits, temperature) ?? 0);
    expect(values).toEqual([...values].sort((a, b) => a - b));
    expect(values[0]).toBeCloseTo(1, 3);
    expect(values[3]).toBeCloseTo(10, 1);
  });

  test('of a plane is read from its grid, and of nothing is unknown', () => {
    expect(softnessAt(planes, 4)).toBeGreaterThan(1);
    expect(softnessAt({ ...small, probes: [] }, 4)).toBeNull();
  });
});

describe('a strip', () => {
  test('shows the samples of the class that the run is about, else the first ten', () => {
    expect(stripRows(small, 2)).toEqual([1, 2]);
    expect(stripRows(small, 1)).toEqual([0, 1, 2]);
    expect(stripRows(digits, null)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(stripRows(planes, null)).toEqual([]);
  });

  test('marks what one arm answers to each', () => {
    expect(stripMarks(small, pictured(), 1, [1, 2], 0)).toEqual([
      { row: 1, label: 2, answer: 1 },
      { row: 2, label: 2, answer: 2 },
    ]);
    expect(stripMarks(small, pictured(), 1, [1], 1.5)).toEqual([{ row: 1, label: 2, answer: 2 }]);
    expect(stripMarks(small, new RunLog(), 1, [1], 0)).toEqual([]);
  });
});

test('an answer is the first of the largest logits', () => {
  expect(answer([1, 5, 5], [], 0)).toBe(1);
  expect(answer([1, 5, 4.5], [2], 1)).toBe(2);
  expect(answer([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY], [], 0)).toBe(0);
});
