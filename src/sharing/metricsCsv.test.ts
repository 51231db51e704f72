/** Which numbers stand in which row of metrics.csv. */
import { expect, test } from 'vitest';
import type { Evaluation } from '../protocol/events.ts';
import { csvColumns, metricsCsv } from './metricsCsv.ts';

const evaluation = (n: number, accuracy: number): Evaluation => ({
  ...{ n, accuracy, validationAccuracy: 0.5, agreement: 0, agreementWhereTeacherErrs: 0, teacherErrs: 0 },
  ...{ divergence: 0, reverseDivergence: 0, calibrationError: 0, calibrationFloor: 0, calibrationGap: 0 },
  ...{
    entropyGap: 0,
    recall: [0.25, 1],
    classRows: [],
    confusion: [],
    leftOut: [],
    correct: new Uint8Array(),
  },
});

function rowsOf(csv: string): Map<string, string>[] {
  const [head = '', ...lines] = csv.trimEnd().split('\r\n');
  const names = head.split(',');
  return lines.map((line) => new Map(line.split(',').map((cell, i) => [names[i] ?? '', cell])));
}

test('Held-out columns are over the same rows at every step, and the result over all rows stands beside them', () => {
  const last = { ...evaluation(10_000, 0.9), watched: evaluation(2_000, 0.8) };
  const evaluations = [
    { step: 50, arms: [evaluation(2_000, 0.7)] },
    { step: 100, arms: [last] },
  ];
  const log = { arms: ['labels'], steps: [], values: [], evaluations };
  const rows = rowsOf(metricsCsv(log, 100));
  const column = (name: string) => rows.map((row) => row.get(name));
  expect(column('evaluatedRows')).toEqual(['2000', '2000']);
  expect(column('accuracy')).toEqual(['0.7', '0.8']);
  expect(column('finalEvaluatedRows')).toEqual(['', '10000']);
  expect(column('finalAccuracy')).toEqual(['', '0.9']);
  expect(column('finalRecall')).toEqual(['', '0.25 1']);
});

test('A run that has not come to its last step has no result; one that was over all rows all the time has', () => {
  const log = {
    arms: ['labels'],
    steps: [],
    values: [],
    evaluations: [{ step: 50, arms: [evaluation(40, 0.7)] }],
  };
  expect(rowsOf(metricsCsv(log, 100))[0]?.get('finalAccuracy')).toBe('');
  expect(rowsOf(metricsCsv(log, 50))[0]?.get('finalAccuracy')).toBe('0.7');
  expect(new Set(csvColumns).size).toBe(csvColumns.length);
});
