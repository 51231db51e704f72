/** What the user agents of a class's devices are taken for. */
import { expect, test } from 'vitest';
import { browserOf, systemOf } from './browserName.ts';

const safari =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15';
const chromeOf = (system: string) =>
  `Mozilla/5.0 (${system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36`;

test('an iPad, which calls itself a Macintosh, is told from a Mac by its touch screen', () => {
  expect([browserOf(safari), systemOf(safari, 0)]).toEqual(['safari', 'mac']);
  expect([browserOf(safari), systemOf(safari, 5)]).toEqual(['safari', 'ios']);
});

test.each([
  ['Windows NT 10.0; Win64; x64', 'windows'],
  ['X11; Linux x86_64', 'linux'],
  // A Chromebook has had WebGPU since Chrome 113, as Windows has.
  ['X11; CrOS x86_64 14541.0.0', 'other'],
  ['Linux; Android 10; K', 'android'],
] as const)('Chrome of “%s” gets the advice for %s', (agent, system) => {
  const userAgent = chromeOf(agent);
  expect([browserOf(userAgent), systemOf(userAgent, 5)]).toEqual(['chrome', system]);
});
