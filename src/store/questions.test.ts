// What the page asks beside training, of the imagined engine.
import { expect, test } from 'vitest';
import { checkNames } from '../protocol/checks.ts';
import { Conversation } from './conversation.ts';
import { FakeEngine } from './fakeEngine.ts';
import { askChecks } from './questions.ts';
import { createAppStore } from './state.ts';

function talk(): Conversation {
  return new Conversation('live', createAppStore(), (listener) => new FakeEngine(listener));
}

test('reports of checked losses are told as they come, and again all together', async () => {
  const losses = [
    { id: 'forward_kl', parameters: {} },
    { id: 'formula', parameters: {}, formula: 'sum(p*log(p/q)' },
  ];
  const told: number[] = [];
  const reports = await askChecks(talk(), losses, (_, index, count) => told.push(index, count));
  expect(told).toEqual([0, 2, 1, 2]);
  expect(reports.map((report) => report.loss)).toEqual(losses);
  for (const { lines } of reports) expect(lines.map((line) => line.check)).toEqual(checkNames);
  expect(reports[1]?.lines[0]).toMatchObject({ verdict: 'fail', position: { line: 1 } });
});

test('an engine that is gone refuses to check', async () => {
  const live = talk();
  live.close();
  await expect(askChecks(live, 'catalogue')).rejects.toThrow('closed');
});
