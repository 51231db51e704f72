import { expect, test } from 'vitest';
import { hiddenTensor, teacherModel } from '../../e2e/models.ts';
import { ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { datasetFromSpec } from '../data/fromSpec.ts';
import { presets } from '../spec/presets.ts';
import { parseRunSpec } from '../spec/runSpec.ts';
import { openWasmTeacher } from '../teachers/onnx/wasmSession.ts';
import { RandomStream } from '../tensor/random.ts';
import { fakePrepared } from './fakePrepared.ts';
import type { TeacherModel } from './prepare.ts';
import { Race } from './race.ts';
import { alignment, relationsOf } from './similarity.ts';
import { SimilarityView } from './similarityView.ts';

const random = new RandomStream(9, 0, 0);
const draw = (length: number) => Float64Array.from({ length }, () => random.between(-1, 1));

test('states are as themselves turned, scaled and moved, and not as unrelated ones', () => {
  const n = 40;
  const states = draw(2 * n);
  const turned = states.map((_, i) => {
    const [x = 0, y = 0] = states.subarray(i - (i % 2), i - (i % 2) + 2);
    return 3 * (i % 2 === 0 ? 0.6 * x - 0.8 * y : 0.8 * x + 0.6 * y) + 7;
  });
  const own = relationsOf(states, n);
  expect(alignment(own, relationsOf(turned, n))).toBeCloseTo(1, 12);
  expect(alignment(own, relationsOf(draw(2 * n), n))).toBeLessThan(0.2);
  expect(alignment(own, relationsOf(new Float64Array(n).fill(4), n))).toBe(0);
});

test('it is the alignment of the features, as the paper writes it', () => {
  const n = 5;
  const [a, b] = [draw(3 * n), draw(2 * n)];
  const centred = (x: Float64Array, size: number) =>
    x.map((value, i) => value - x.reduce((sum, v, j) => sum + (j % size === i % size ? v / n : 0), 0));
  const [x, y] = [centred(a, 3), centred(b, 2)];
  // ‖Yᵀ X‖² of two matrices of n rows.
  const squares = (p: Float64Array, pSize: number, q: Float64Array, qSize: number): number => {
    let total = 0;
    for (let i = 0; i < pSize; i++) {
      for (let j = 0; j < qSize; j++) {
        let sum = 0;
        for (let row = 0; row < n; row++) sum += (p[row * pSize + i] ?? 0) * (q[row * qSize + j] ?? 0);
        total += sum * sum;
      }
    }
    return total;
  };
  const wanted = squares(x, 3, y, 2) / Math.sqrt(squares(x, 3, x, 3) * squares(y, 2, y, 2));
  expect(alignment(relationsOf(a, n), relationsOf(b, n))).toBeCloseTo(wanted, 12);
});

const preset = presets.get('two-moons-1')?.spec;
if (preset === undefined) throw new Error('no preset');
const rows = { transfer: 24, labelled: 'all', validation: 12, test: 4, leaveOut: [], labelNoise: 0 };
const spec = parseRunSpec({
  ...preset,
  data: { task: 'glyphs', size: 28, ...rows, dataSeed: 1 },
  student: { kind: 'mlp', hidden: [6, 5], activation: 'tanh', norm: 'none', dropout: 0.2 },
  training: { steps: 3, batch: 8, accumulate: 1, evaluateEvery: 3 },
  arms: [{ kind: 'labels' }, { kind: 'distilled' }],
});

async function viewed(work: (view: SimilarityView, race: Race) => Promise<void>): Promise<void> {
  const data = datasetFromSpec(spec, spec.seed);
  const executor = new ReferenceExecutor('float32');
  const model: TeacherModel = {
    ...{ bytes: teacherModel(), external: [], input: 'input', logits: 'logits', taps: [], maps: 'pool' },
    ...{ inputShape: [1, 28, 28], inputDtype: 'f32', positions: 1, classes: 10 },
  };
  const race = await Race.create(executor, spec, {
    ...fakePrepared(data),
    model: () => Promise.resolve(model),
  });
  const before = executor.live.buffers;
  const openRows = ({ bytes, ...of }: TeacherModel) =>
    openWasmTeacher({ ...of, model: bytes, batch: 12, deadlineMs: 20_000 });
  const view = await SimilarityView.create(race, { openRows });
  await work(view, race);
  view.dispose();
  expect(executor.live.buffers).toBe(before);
  race.dispose();
}

test('every layer of every student is compared with tensors of a real teacher, and follows the training', () =>
  viewed(async (view, race) => {
    const before = await view.picture();
    expect(before).toMatchObject({ layers: [6, 5], rows: 12 });
    expect(before.tensors).toContain(hiddenTensor);
    expect(before.arms.map((arm) => arm.length)).toEqual(
      [2, 2].map((layers) => layers * before.tensors.length),
    );
    for (const value of before.arms.flatMap((arm) => [...arm])) {
      expect(value).toBeGreaterThan(0);
      expect(value).toBeLessThanOrEqual(1);
    }
    // Dropout rests, so that the same students give the same map.
    expect(await view.picture()).toEqual(before);
    while (!race.trainer.finished) await race.trainer.takeStep();
    const after = await view.picture();
    expect(after.arms[1]).not.toEqual(before.arms[1]);
    expect(after.arms[0]).not.toEqual(after.arms[1]);
  }));
