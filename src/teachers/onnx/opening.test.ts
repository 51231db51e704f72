import { expect, test } from 'vitest';
import { hiddenTensor, mapTeacher, teacherModel } from '../../../e2e/models.ts';
import { createSession, describeTensors, tapShapes } from './opening.ts';
import { loadRuntime } from './runtime.ts';
import type { TeacherRequest } from './session.ts';

test('the runtime tells type and shape of inner tensors', async () => {
  const facts = await describeTensors(await loadRuntime('cpu'), { model: mapTeacher(), external: [] }, [
    'conv_0',
    'logits',
  ]);
  expect(facts.map(({ name, type, shape }) => ({ name, type, shape }))).toEqual([
    { name: 'logits', type: 'float32', shape: ['batch', 10] },
    { name: 'conv_0', type: 'float32', shape: ['batch', 10, 26, 26] },
  ]);
});

test('shapes of taps are asked for where a spatial mean needs them, and only then', async () => {
  const ort = await loadRuntime('cpu');
  const request: TeacherRequest = {
    ...{
      model: teacherModel(),
      external: [],
      input: 'input',
      logits: 'logits',
      taps: [hiddenTensor, 'input'],
    },
    ...{ maps: 'pool', inputShape: [1, 28, 28], inputDtype: 'f32', classes: 10, batch: 1, deadlineMs: 1_000 },
  };
  expect(await tapShapes(ort, { ...request, taps: [hiddenTensor] })).toMatchObject([
    [expect.anything(), expect.anything()],
  ]);
  expect(await tapShapes(ort, { ...request, model: mapTeacher(), taps: ['conv_0'] })).toEqual([
    ['batch', 10, 26, 26],
  ]);
  expect(await tapShapes(ort, { ...request, maps: 'flatten' })).toEqual([]);
  expect(await tapShapes(ort, { ...request, taps: [] })).toEqual([]);
});

test('what the runtime refuses is told in its own words', async () => {
  const ort = await loadRuntime('cpu');
  const model = teacherModel();
  // A name of the same length, so that only the operator is unknown.
  const at = new TextDecoder('latin1').decode(model).indexOf('Flatten');
  model.set(new TextEncoder().encode('Flutten'), at);
  const given = { model, external: [] };
  await expect(createSession(ort, given, model, { executionProviders: ['wasm'] })).rejects.toMatchObject({
    code: 'onnx-refused',
    detail: { got: expect.stringContaining('Flutten') },
  });
});
