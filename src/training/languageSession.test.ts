// A run over texts in a session: the text is told at every evaluation, another one when it is wanted, and what is asked of
// its models is answered while it trains; a run over anything else refuses with the reason.
import { expect, test } from 'vitest';
import { ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import type { LanguageCommand } from '../protocol/commands.ts';
import { parseRunSpec } from '../spec/runSpec.ts';
import { storyPresets } from '../spec/storyPresets.ts';
import { fakeHost, Listening, smallSpec } from './fakeHost.ts';

const preset = storyPresets.find(({ id }) => id === 'stories-1')?.spec;
if (preset?.data.task !== 'stories' || preset.student.kind !== 'transformer') throw new Error('no stories');
const spec = parseRunSpec({
  ...preset,
  data: { ...preset.data, transfer: 6, validation: 1, test: 3, length: 12 },
  teacher: { source: 'none', delivery: 'pack', provider: 'auto' },
  student: { ...preset.student, layers: 1, width: 8, heads: 2, kvHeads: 1 },
  training: { steps: 6, batch: 2, accumulate: 1, evaluateEvery: 2 },
  arms: [{ kind: 'labels' }],
});

const questions: readonly LanguageCommand[] = [
  { type: 'watch', id: 1, text: 2 },
  { type: 'continue', id: 2, prompt: 'Zoe has', temperature: 1, seed: 3, of: 'students' },
  { type: 'attend', id: 3 },
];
const replyOf = (engine: Listening, id: number) => engine.of('reply').find((event) => event.id === id)?.reply;

test('tells its text at every evaluation, and answers what is asked of it between its steps', async () => {
  const engine = new Listening(fakeHost(() => new ReferenceExecutor('float32')));
  await engine.load(spec);
  const ended = engine.ended();
  engine.session.handle({ type: 'play' });
  for (const question of questions) engine.session.handle(question);
  await ended;
  expect(engine.of('error')).toEqual([]);
  const told = engine.of('text');
  const evaluated = engine.of('evaluation').map(({ step }) => step);
  expect(evaluated).toEqual([0, 2, 4, 6]);
  for (const step of evaluated) expect(told.map((one) => one.step)).toContain(step);
  expect(told[0]?.picture).toMatchObject({ text: 0, texts: 3, teacher: null });
  expect(told.at(-1)?.picture).toMatchObject({ text: 2, texts: 3 });
  expect(replyOf(engine, 1)).toEqual({ kind: 'watched' });
  expect(replyOf(engine, 2)).toMatchObject({ kind: 'continued', written: { length: 1 } });
  expect(replyOf(engine, 3)).toMatchObject({ kind: 'attention', text: 2, arms: { length: 1 }, teacher: [] });
  const weights = await engine.weights(0);
  await engine.close();
  // Looking is not training.
  const alone = new Listening(fakeHost(() => new ReferenceExecutor('float32')));
  await alone.load(spec);
  await alone.playToEnd();
  expect(await alone.weights(0)).toEqual(weights);
  await alone.close();
});

test('a run that is not about texts refuses each of these with the reason', async () => {
  const engine = new Listening(fakeHost(() => new ReferenceExecutor('float32')));
  await engine.load(smallSpec());
  for (const question of questions) engine.session.handle(question);
  await engine.session.idle();
  for (const { id } of questions)
    expect(replyOf(engine, id)).toMatchObject({ kind: 'failed', detail: { code: 'no-texts' } });
  expect(engine.of('text')).toEqual([]);
  await engine.close();
});
