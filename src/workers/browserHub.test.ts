/** The hub of the engine's worker, against a server that plays it. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { commit, type Hub, startHub } from '../../e2e/hubServer.ts';
import { languageRepository } from '../../e2e/languageModels.ts';
import { BrowserHub } from './browserHub.ts';

const name = 'tests/small-ONNX';
let hub: Hub;

beforeAll(async () => {
  vi.stubGlobal('navigator', {});
  hub = await startHub({ [name]: languageRepository(['f32'], { vocabulary: 1_000 }) });
});
afterAll(() => {
  vi.unstubAllGlobals();
  return hub.close();
});

test('a model that is asked for again while it comes is fetched once, and both hear how far it is', async () => {
  const own = new BrowserHub();
  own.origin = hub.origin;
  const model = { repository: name, revision: commit(name), model: 'onnx/model.onnx' };
  const heard: number[][] = [[], []];
  const ask = (who: number) => own.files(model, (done) => void heard[who]?.push(done));
  const [first, second] = await Promise.all([ask(0), ask(1)]);
  const fetched = hub.requests.filter((one, at) => hub.requests.indexOf(one) !== at);
  expect(fetched).toEqual([]);
  expect(second).toBe(first);
  expect(heard[1]?.at(-1)).toBe(heard[0]?.at(-1));
  // It is here by now, and no file of it is asked for again.
  const before = hub.requests.length;
  expect((await ask(0)).map(({ name: file }) => file)).toEqual(first.map(({ name: file }) => file));
  expect(hub.requests).toHaveLength(before);
});
