// A live teacher whose answers stop being numbers in mid-run: no learning rate mends that, so the run says it at once.
import { expect, test } from 'vitest';
import { ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { fakeHost, Listening, smallSpec } from './fakeHost.ts';

/** Answers as the host's own teacher does, and from its `broken`th batch on with NaN in one logit. */
async function loaded(broken: number): Promise<Listening> {
  const host = fakeHost(() => new ReferenceExecutor('float32'));
  const page = new Listening({
    ...host,
    async openLive(model, race, member) {
      const live = await host.openLive(model, race, member);
      let batches = 0;
      return {
        ...live,
        async answer(...args) {
          await live.answer(...args);
          batches += 1;
          if (batches >= broken) race.executor.write(args[0].teacher, Float32Array.of(Number.NaN), 3);
        },
      };
    },
  });
  const spec: RunSpec = smallSpec();
  await page.load({ ...spec, teacher: { ...spec.teacher, delivery: 'live' } });
  return page;
}

test('a live teacher that turns to NaN ends the run with its own error, at the last step that was well', async () => {
  const page = await loaded(31);
  await page.playToEnd();
  expect(page.of('error').map(({ detail }) => detail)).toMatchObject([
    { code: 'teacher-nan', problem: expect.stringMatching(/step 30, the teacher's logits/) },
  ]);
  const told = page.of('rolled-back');
  expect(told).toMatchObject([{ tensor: "the teacher's logits", rate: smallSpec().optimiser.learningRate }]);
  expect(told[0]?.step).toBeLessThanOrEqual(30);
  expect(page.of('setting')).toEqual([]);
  expect(page.of('state').at(-1)).toMatchObject({ state: 'paused', step: told[0]?.step });
});

test('a live teacher that never does runs to the end', async () => {
  const page = await loaded(61);
  await page.playToEnd();
  expect(page.of('error')).toEqual([]);
  expect(page.of('state').at(-1)).toMatchObject({ state: 'finished', step: 60 });
});
