// What is said of a teacher that guesses, after it was asked under each usual scaling.
import { expect, test } from 'vitest';
import { datasetFromSpec } from '../data/fromSpec.ts';
import { StillroomError } from '../spec/errors.ts';
import { smallSpec } from '../training/fakeHost.ts';
import { hintOf, scalingHint } from './scalingHint.ts';

test('the scaling under which the teacher is right most often is named as it is typed', () => {
  expect(hintOf({ rows: 200, right: [20, 190, 141, 200] }, 10)).toMatch(
    /guessing; under --scale 0\.1307,0\.3081 it is right about 200 of 200\.$/,
  );
  expect(hintOf({ rows: 200, right: [20, 90, 141, 100] }, 10)).toContain('--scale 0,0.00392157 ');
});

test('where it guesses under each, that is said', () => {
  expect(hintOf({ rows: 200, right: [20, 21, 19, 22] }, 10)).toContain('under every usual scaling');
});

test('of a teacher that cannot be asked there is no hint, and one that knows its classes is not asked', async () => {
  const moons = datasetFromSpec(smallSpec(), 1);
  const spec = smallSpec({
    data: {
      ...{ task: 'file', fingerprint: '', mean: 0, std: 1, dataSeed: 1 },
      ...{ transfer: 60, validation: 8, test: 16, labelled: 'all', labelNoise: 0, leaveOut: [] },
    },
  });
  const asked = {
    teacher: [{ name: 'mine.onnx', bytes: new Uint8Array() }],
    dataOf: () => Promise.resolve(moons),
  };
  let opened = 0;
  const openRows = () => {
    opened += 1;
    return Promise.reject(new StillroomError({ code: 'onnx-refused', problem: 'refused' }));
  };
  const hintAt = (accuracy: number) =>
    scalingHint(spec, { teacher: { accuracy }, dataset: moons.dataset }, asked, { openRows });
  expect([await hintAt(0.9), opened]).toEqual([null, 0]);
  expect([await hintAt(0.5), opened]).toEqual([null, 1]);
});
