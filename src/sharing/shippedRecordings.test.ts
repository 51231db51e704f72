// The recordings that ship: one of each preset as it stands, whole, and small enough for a slow line.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { EngineEvent } from '../protocol/events.ts';
import { presets } from '../spec/presets.ts';
import { decodeRecording } from './recording.ts';

const most = 300_000;

test.each([...presets.values()])('$id has a recording of five seeds, over all test rows', ({ id, spec }) => {
  const text = readFileSync(`public/recordings/${id}.json`, 'utf8');
  expect(text.length).toBeLessThan(most);
  const { events, madeWith } = decodeRecording(text);
  expect(madeWith.command).toBe(`npm run recordings -- ${id}`);
  const of = <T extends EngineEvent['type']>(type: T) =>
    events.filter((event): event is Extract<EngineEvent, { type: T }> => event.type === type);
  expect(of('ready').map(({ facts }) => facts.spec)).toEqual([spec]);
  const { steps, evaluateEvery } = spec.training;
  const evaluated = of('evaluation');
  expect(evaluated.map(({ step }) => step)).toEqual(
    Array.from({ length: steps / evaluateEvery + 1 }, (_, i) => i * evaluateEvery),
  );
  const seeds = of('replicate');
  expect(seeds.map(({ seed }) => seed)).toEqual([1, 2, 3, 4, 5]);
  const [rows] = evaluated.at(-1)?.arms ?? [];
  for (const { arms, step } of [...evaluated, ...seeds]) {
    expect(
      arms.map(({ n }) => n),
      `step ${step}`,
    ).toEqual(spec.arms.map(() => rows?.n));
  }
  const { data } = spec;
  if (data.task === 'stories') expect(of('text').length).toBeGreaterThan(0);
  else expect(rows?.n).toBe(data.test);
});
