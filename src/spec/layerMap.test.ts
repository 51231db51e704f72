import { expect, test } from 'vitest';
import { layerMap } from './layerMap.ts';

test('the uniform map joins first with first and last with last, and spreads the others', () => {
  expect(layerMap('uniform', 3, 12)).toEqual([
    [0, 0],
    [1, 6],
    [2, 11],
  ]);
  expect(layerMap('uniform', 4, 4).map(([, teacher]) => teacher)).toEqual([0, 1, 2, 3]);
});

test('the block map takes the last layer of each of as many blocks as the student has layers', () => {
  // TinyBERT: four layers learn from the 3rd, 6th, 9th and 12th of twelve.
  expect(layerMap('block', 4, 12).map(([, teacher]) => teacher)).toEqual([2, 5, 8, 11]);
});

test('the last map joins the last layers alone', () => {
  expect(layerMap('last', 3, 12)).toEqual([[2, 11]]);
});

test('a single layer learns from the last, and no map names a layer that is not there', () => {
  expect(layerMap('uniform', 1, 12)).toEqual([[0, 11]]);
  for (const preset of ['uniform', 'block', 'last'] as const) {
    expect(layerMap(preset, 0, 5)).toEqual([]);
    expect(layerMap(preset, 5, 0)).toEqual([]);
    for (let students = 1; students < 9; students++) {
      for (let teachers = 1; teachers < 9; teachers++) {
        for (const [student, teacher] of layerMap(preset, students, teachers)) {
          expect(student).toBeLessThan(students);
          expect(teacher).toBeLessThan(teachers);
          expect(teacher).toBeGreaterThanOrEqual(0);
        }
      }
    }
  }
});
