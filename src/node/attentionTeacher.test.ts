// Attention of a real ONNX model, from its file to the losses and the page: its weights and values are tapped, recorded or live,
// a student comes to attend as it does, and the page is shown both.
import { expect, test } from 'vitest';
import { languageModel } from '../../e2e/languageModels.ts';
import { ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { datasetFromSpec } from '../data/fromSpec.ts';
import type { AttentionMap } from '../protocol/texts.ts';
import { parseRunSpec, type RunSpec } from '../spec/runSpec.ts';
import { storyPresets } from '../spec/storyPresets.ts';
import { readModel } from '../teachers/onnx/modelFile.ts';
import { LanguageView } from '../training/languageView.ts';
import { openTeachers } from '../training/openTeachers.ts';
import { prepareRun } from '../training/prepare.ts';
import { Race } from '../training/race.ts';
import { nodeHost } from './host.ts';

const preset = storyPresets.find(({ id }) => id === 'stories-1')?.spec;
if (preset?.data.task !== 'stories' || preset.student.kind !== 'transformer') throw new Error('no stories');
const { data, student, objective, optimiser } = preset;
const [length, heads] = [8, 2];

const given: RunSpec = parseRunSpec({
  ...preset,
  data: { ...data, length, transfer: 6, validation: 1, test: 1 },
  student: { ...student, layers: 1, width: 8, heads, kvHeads: 1 },
  optimiser: { ...optimiser, warmup: 0, learningRate: 0.05 },
  arms: [{ kind: 'distilled' }],
});
const rows = datasetFromSpec(given, given.seed);
const model = languageModel({ vocabulary: rows.dataset.classNames.length });
const softmax = readModel(model).graph.nodes.find(({ op }) => op === 'Softmax');
const [weights = '', scores = ''] = [softmax?.outputs[0], softmax?.inputs[0]];
const host = nodeHost();
const file = { name: 'model.onnx', bytes: model };

function specOf(delivery: 'pack' | 'live', steps: number, tensor = weights): RunSpec {
  const teacher = {
    source: 'file',
    sha256: '',
    input: 'input_ids',
    logits: 'logits',
    delivery,
    provider: 'wasm',
  };
  const pairs = [
    { student: 0, teacher: tensor },
    { student: 0, teacher: 'present.0.value', loss: 'value_relation_kl' },
  ];
  const hidden = { loss: 'attention_kl', weight: 100, maps: 'pool', pairs };
  const training = { steps, batch: 2, accumulate: 1, evaluateEvery: steps };
  return parseRunSpec({ ...given, training, teacher, objective: { ...objective, mix: 1, hidden } });
}

/** Mean KL of a student's weights from the teacher's, over heads and tokens. */
function distance({ weights: p }: AttentionMap, { weights: q }: AttentionMap, tokens: number): number {
  const sum = p.reduce((total, x, i) => total + (x > 0 ? x * Math.log(x / (q[i] ?? 0)) : 0), 0);
  return sum / (heads * tokens);
}

test.each([
  ['pack', 2, 1],
  ['live', 24, 0.7],
] as const)(
  'a model whose weights and values are tapped (%s) teaches a student in %i steps to attend more as it does, and the page sees both',
  async (delivery, steps, nearer) => {
    const spec = specOf(delivery, steps);
    const executor = new ReferenceExecutor('float32');
    const prepared = await prepareRun(spec, rows, host, [file], () => undefined);
    expect(prepared.answers.hidden.map(({ size }) => size)).toEqual([heads * length, 8]);
    const race = await Race.create(executor, spec, prepared);
    const live = delivery === 'live' ? await openTeachers(race, host) : null;
    race.trainer.liveTeacher = live;
    const view = LanguageView.of(race, { open: async () => host.openRows(await prepared.model()) });
    const look = async () => {
      const reply = await view?.answer({ type: 'attend', id: 1 });
      if (reply?.kind !== 'attention') throw new Error(`${reply?.kind}`);
      const [[own] = [], [taught]] = [reply.arms[0], reply.teacher];
      if (own === undefined || taught === undefined) throw new Error('no maps');
      expect(taught).toMatchObject({ name: weights, heads });
      return distance(taught, own, reply.n);
    };
    const before = await look();
    await race.trainer.takeStep();
    // What the loss reads are weights of the batch: of each head a distribution over the tokens so far.
    const batch = await executor.read(race.trainer.batches.hidden(0));
    for (let first = 0; first < batch.length; first += length) {
      const seen = (Math.floor(first / (heads * length)) % length) + 1;
      const row = batch.subarray(first, first + length);
      expect(row.reduce((sum, w) => sum + w, 0)).toBeCloseTo(1, 4);
      expect(row.subarray(seen).every((w) => w === 0)).toBe(true);
    }
    while (!race.trainer.finished) await race.trainer.takeStep();
    expect(before).toBeGreaterThan(0);
    expect(await look()).toBeLessThan(nearer * before);
    view?.dispose();
    live?.dispose();
    race.dispose();
    prepared.release();
  },
);

test('scores before the softmax are refused as no weights, where they are chosen', async () => {
  await expect(
    prepareRun(specOf('pack', 1, scores), rows, host, [file], () => undefined),
  ).rejects.toMatchObject({
    detail: { code: 'attention-weights', control: 'objective.hidden' },
  });
});
