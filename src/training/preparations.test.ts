// The teacher is asked once for all runs that share its answers, and each run has the data of its own seed.
import { expect, test } from 'vitest';
import { datasetFromSpec } from '../data/fromSpec.ts';
import { withSwept } from '../spec/sweep.ts';
import { smallSpec } from './fakeHost.ts';
import { fakePrepared } from './fakePrepared.ts';
import { Preparations } from './preparations.ts';

const spec = smallSpec();

function counted(first: ConstructorParameters<typeof Preparations>[2] = null) {
  const counts = { made: 0, given: 0 };
  const preparations = new Preparations(
    (one) => Promise.resolve(datasetFromSpec(one, one.seed)),
    (_, data) => {
      counts.made += 1;
      return Promise.resolve({ ...fakePrepared(data), release: () => (counts.given += 1) });
    },
    first,
  );
  return { preparations, counts };
}

test('Runs of other seeds, temperatures and widths share one preparation, and have the subset of their own seed', async () => {
  const { preparations, counts } = counted();
  const one = await preparations.of(spec);
  const two = await preparations.of({ ...withSwept(spec, 'objective.temperature', 9), seed: 7 });
  await preparations.of(withSwept(spec, 'student.hidden', 8));
  expect(counts).toEqual({ made: 1, given: 0 });
  expect(two.answers).toBe(one.answers);
  expect(two.dataset.transfer.inputs).toEqual(one.dataset.transfer.inputs);
  expect(two.dataset.transfer.labelled).not.toEqual(one.dataset.transfer.labelled);
});

test('A setting of the data is prepared anew, and what came before it is given back', async () => {
  const { preparations, counts } = counted();
  await preparations.of(spec);
  const other = await preparations.of(withSwept(spec, 'data.transfer', 50));
  expect(other.dataset.transfer.n).toBe(50);
  expect(counts).toEqual({ made: 2, given: 1 });
  preparations.release();
  preparations.release();
  expect(counts.given).toBe(2);
});

test('What a run brought along is used while it serves, and left to that run', async () => {
  const prepared = fakePrepared(datasetFromSpec(spec, spec.seed));
  const { preparations, counts } = counted({ spec, prepared: { ...prepared, release: () => expect.fail() } });
  expect((await preparations.of(spec)).answers).toBe(prepared.answers);
  await preparations.of(withSwept(spec, 'data.transfer', 50));
  expect(counts).toEqual({ made: 1, given: 0 });
});
