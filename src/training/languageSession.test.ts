// A run over texts in a session: the text is told at every evaluation, another one when it is wanted, and what is asked of
// its models is answered while it trains; a run over anything else refuses with the reason.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { storyTask } from '../data/stories.ts';
import type { LanguageCommand } from '../protocol/commands.ts';
import { parseRunSpec } from '../spec/runSpec.ts';
import { storyPresets } from '../spec/storyPresets.ts';
import type { RowTeacher } from '../teachers/rowTeacher.ts';
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

const write: LanguageCommand = {
  ...{ type: 'continue', id: 2, prompt: 'Zoe has', temperature: 1, seed: 3, of: 'students' },
};
const questions: readonly LanguageCommand[] = [
  { type: 'watch', id: 1, text: 2 },
  write,
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

test('while a teacher writes, settings and pauses are answered; its text comes when it is done', async () => {
  const classes = storyTask('word', 12).vocabulary.pieces.length;
  let read = 0;
  const teacher: RowTeacher = {
    ...{ classes, batch: 1, dispose: () => undefined },
    answer: (_, n) => Promise.resolve({ logits: new Float32Array(n * 12 * classes), hidden: [] }),
    next: async (tokens) => {
      read += tokens.length;
      await new Promise((resolve) => setTimeout(resolve, 20));
      return new Float32Array(classes).fill(0).fill(1, 5, 6);
    },
  };
  const host = {
    ...fakeHost(() => new ReferenceExecutor('float32')),
    openRows: () => Promise.resolve(teacher),
  };
  const engine = new Listening(host);
  await engine.load({ ...spec, teacher: { ...smallSpec().teacher }, arms: [{ kind: 'distilled' }] });
  engine.session.handle({ ...write, of: 'teacher' });
  engine.session.handle({ type: 'set', path: 'objective.temperature', value: 3 });
  const stepped = engine.next((event) => event.type === 'metrics');
  engine.session.handle({ type: 'step', count: 2 });
  const replied = engine.next((event) => event.type === 'reply');
  await stepped;
  engine.session.handle({ type: 'pause' });
  await replied;
  const order = engine.events.map(({ type }) => type);
  expect(order.indexOf('setting')).toBeGreaterThan(0);
  expect(order.indexOf('metrics')).toBeGreaterThan(order.indexOf('setting'));
  expect(order.indexOf('reply')).toBeGreaterThan(order.indexOf('metrics'));
  // Eight tokens are written after four that are given, the last of which nobody reads.
  expect(replyOf(engine, 2)).toMatchObject({ kind: 'continued', written: [{ finish: 'length' }] });
  expect(read).toBe(11);
  // In another run the same question has another answer, and whoever asked hears of it.
  engine.session.handle({ ...write, of: 'teacher' });
  engine.session.handle({ type: 'load', spec, files: [], resume: false });
  await engine.next((event) => event.type === 'reply');
  expect(engine.of('reply').at(-1)?.reply).toMatchObject({ kind: 'failed', detail: { code: 'no-teacher' } });
  await engine.close();
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

test('several teachers go on with a text as one, by the mean of what they say', async () => {
  const classes = storyTask('word', 12).vocabulary.pieces.length;
  let opened = 0;
  // Each is sure of a token of its own; together they are for the one that both find likely.
  const openRows = async (): Promise<RowTeacher> => {
    const own = 5 + (opened++ % 2);
    const row = new Float32Array(classes).fill(3, own, own + 1).fill(2.5, 7, 8);
    const answer = async (_: unknown, n: number) => {
      const logits = new Float32Array(n * 12 * classes);
      for (let at = 0; at < logits.length; at += classes) logits.set(row, at);
      return { logits, hidden: [] };
    };
    return { classes, batch: 8, dispose: () => undefined, answer };
  };
  const asset = async (path: string) => new Uint8Array(readFileSync(`public/${path}`));
  const engine = new Listening({ ...fakeHost(() => new ReferenceExecutor('float32')), openRows, asset });
  const member = { source: 'builtin', id: 'stories-transformer', weight: 1 };
  const teacher = {
    ...{ source: 'several', members: [member, member], combine: 'probabilities' },
    ...{ delivery: 'live', provider: 'auto' },
  };
  await engine.load(parseRunSpec({ ...spec, teacher, arms: [{ kind: 'distilled' }] }));
  engine.session.handle({ ...write, id: 9, temperature: 0, of: 'teacher' });
  await expect.poll(() => replyOf(engine, 9)).toBeDefined();
  const reply = replyOf(engine, 9);
  expect(reply).toMatchObject({ kind: 'continued', written: { length: 1 } });
  const [text] = reply?.kind === 'continued' ? reply.written : [];
  expect(new Set(text?.tokens)).toEqual(new Set([7]));
  await engine.close();
});
