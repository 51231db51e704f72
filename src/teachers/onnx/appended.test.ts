import { InferenceSession, Tensor } from 'onnxruntime-web';
import { expect, test } from 'vitest';
import { hiddenTensor, teacherModel } from '../../../e2e/models.ts';
import { append, withExtraOutputs } from './appended.ts';

test('seven bytes make the tensor h an output', () => {
  const added = withExtraOutputs(new Uint8Array(), ['h']);
  expect([...added]).toEqual([0x3a, 0x05, 0x62, 0x03, 0x0a, 0x01, 0x68]);
});

test('the file itself stays as it was, at the front', () => {
  const model = teacherModel();
  expect(withExtraOutputs(model, [])).toEqual(model);
  const extended = withExtraOutputs(model, [hiddenTensor]);
  expect(extended.subarray(0, model.length)).toEqual(model);
});

test('the runtime gives the tapped tensor and the appended node beside the old output', async () => {
  const negated = { op: 'Neg', inputs: [hiddenTensor], output: 'negated' };
  const model = append(teacherModel({ hidden: 16 }), {
    nodes: [negated],
    outputs: [hiddenTensor, 'negated'],
  });
  const session = await InferenceSession.create(model, { executionProviders: ['wasm'] });
  expect(session.outputNames).toEqual(['logits', hiddenTensor, 'negated']);
  const input = new Tensor('float32', new Float32Array(784).fill(1), [1, 1, 28, 28]);
  const results = await session.run({ input });
  const states = results[hiddenTensor]?.data as Float32Array;
  expect(states).toHaveLength(16);
  expect(states[0]).toBeCloseTo(1, 1);
  const negatives = results['negated']?.data as Float32Array;
  expect(negatives).toEqual(states.map((value) => -value));
});
