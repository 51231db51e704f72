// What the page is shown of texts is the same on the GPU as on the reference, between steps, and leaves no buffer behind.
import { afterAll, expect, test } from 'vitest';
import { ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { datasetFromSpec } from '../data/fromSpec.ts';
import { openNodeExecutor, releaseNodeGpu } from '../gpu/node.ts';
import { parseRunSpec } from '../spec/runSpec.ts';
import { storyPresets } from '../spec/storyPresets.ts';
import type { Executor } from '../tensor/executor.ts';
import { fakePrepared } from './fakePrepared.ts';
import { LanguageView } from './languageView.ts';
import { Race } from './race.ts';

const gpu = await openNodeExecutor();
afterAll(() => {
  gpu.dispose();
  releaseNodeGpu();
});

const preset = storyPresets.find(({ id }) => id === 'stories-1')?.spec;
if (preset?.data.task !== 'stories' || preset.student.kind !== 'transformer') throw new Error('no stories');
const spec = parseRunSpec({
  ...preset,
  data: { ...preset.data, transfer: 6, validation: 1, test: 3, length: 12 },
  student: { ...preset.student, layers: 2, width: 8, heads: 2, kvHeads: 1 },
  training: { steps: 4, batch: 2, accumulate: 1, evaluateEvery: 4 },
  arms: [{ kind: 'labels' }, { kind: 'distilled' }],
});

async function shown(executor: Executor) {
  const race = await Race.create(executor, spec, fakePrepared(datasetFromSpec(spec, spec.seed)));
  const view = LanguageView.of(race);
  if (view === null) throw new Error('no view');
  const before = executor.live.buffers;
  await race.trainer.takeStep();
  await view.answer({ type: 'watch', id: 1, text: 1 });
  const picture = await view.picture();
  const wish = {
    type: 'continue',
    id: 2,
    prompt: 'Zoe has',
    temperature: 0,
    seed: 1,
    of: 'students',
  } as const;
  const continued = await view.answer(wish);
  const attended = await view.answer({ type: 'attend', id: 3 });
  await race.trainer.takeStep();
  const later = await view.picture();
  view.dispose();
  expect(executor.live.buffers).toBe(before);
  race.dispose();
  if (continued.kind !== 'continued' || attended.kind !== 'attention') throw new Error('another answer');
  return { picture, later, written: continued.written, arms: attended.arms };
}

const near = (a: Float32Array, b: Float32Array, by: number) =>
  expect(Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? Number.NaN))))).toBeLessThan(by);

test('pictures of a text, texts that go on and weights of attention agree with the reference', async () => {
  const [ours, reference] = [await shown(gpu), await shown(new ReferenceExecutor('float64'))];
  for (const which of ['picture', 'later'] as const) {
    expect(ours[which].labels).toEqual(reference[which].labels);
    ours[which].arms.forEach((arm, i) => {
      near(arm.surprise, reference[which].arms[i]?.surprise ?? arm.rest, 1e-3);
      near(arm.divergence, reference[which].arms[i]?.divergence ?? arm.rest, 1e-3);
    });
  }
  expect(ours.later.arms[0]?.surprise).not.toEqual(ours.picture.arms[0]?.surprise);
  expect(ours.written).toEqual(reference.written);
  ours.arms.forEach((maps, arm) => {
    maps.forEach(({ weights }, layer) => {
      near(weights, reference.arms[arm]?.[layer]?.weights ?? new Float32Array(), 1e-4);
    });
  });
});
