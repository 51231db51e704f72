// What is not finite first is named: what a step was given, what it had learnt, what came of it.
import { expect, test } from 'vitest';
import { ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { datasetFromSpec } from '../data/fromSpec.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { smallSpec } from './fakeHost.ts';
import { Trainer } from './trainer.ts';

interface Planted {
  readonly trainer: Trainer;
  readonly executor: ReferenceExecutor;
  /** Writes into a tensor of arm 1. */
  plant(tensor: string, value: number | ((i: number) => number)): void;
}

async function planted(
  change: Partial<RunSpec> = {},
  alter: (inputs: Float32Array, logits: Float32Array) => void = () => undefined,
): Promise<Planted> {
  const executor = new ReferenceExecutor('float32');
  const spec = smallSpec(change);
  const { dataset } = datasetFromSpec(spec, spec.seed);
  const logits = new Float32Array(2 * dataset.transfer.n);
  const { inputs } = dataset.transfer;
  if (inputs instanceof Float32Array) alter(inputs, logits);
  const trainer = await Trainer.create({ executor, spec, dataset, answers: { logits, hidden: [] } });
  return {
    trainer,
    executor,
    plant(tensor, value) {
      const arm = trainer.arms[1];
      const entry = arm?.model.tape.table.entries.find(({ name }) => name === tensor);
      if (arm === undefined || entry === undefined) throw new RangeError(`there is no ${tensor}`);
      const numbers = Float32Array.from({ length: entry.length }, (_, i) =>
        typeof value === 'number' ? value : value(i),
      );
      executor.write(arm.flat('parameters', entry.segment), numbers, entry.offset);
    },
  };
}

const plain = { ...smallSpec().student, dropout: 0 };
const wholeBatch: Partial<RunSpec> = { training: { steps: 60, batch: 60, accumulate: 1, evaluateEvery: 15 } };

test('the input', async () => {
  const { trainer } = await planted(wholeBatch, (inputs) => inputs.fill(Number.NaN, 6, 7));
  expect(await trainer.firstBroken(1, 0)).toBe('the input');
});

test("the teacher's logits, but not for a class that the teacher excludes", async () => {
  const nan = await planted(wholeBatch, (_, logits) => logits.fill(Number.NaN, 6, 7));
  expect(await nan.trainer.firstBroken(1, 0)).toBe("the teacher's logits");
  const excluded = await planted({ ...wholeBatch, student: plain }, (_, logits) =>
    logits.fill(Number.NEGATIVE_INFINITY, 6, 7),
  );
  excluded.plant('linear1.weight', Number.NaN);
  expect(await excluded.trainer.firstBroken(1, 0)).toBe('the parameter linear1.weight');
});

test('the first of two parameters, of the arm that is asked for', async () => {
  const { trainer, plant } = await planted({ student: plain });
  plant('linear1.weight', Number.POSITIVE_INFINITY);
  plant('linear0.bias', Number.NaN);
  expect(await trainer.firstBroken(1, 0)).toBe('the parameter linear0.bias');
  expect(await trainer.firstBroken(0, 0)).toBeNull();
});

test("the student's logits, where finite weights are too large for them", async () => {
  const { trainer, plant } = await planted({ student: plain });
  plant('linear0.bias', 1e30);
  plant('linear1.weight', 3e38);
  expect(await trainer.firstBroken(1, 0)).toBe("the student's logits");
});

test("the gradients' norm, where every gradient is finite and their squares are not", async () => {
  const { trainer, plant } = await planted({ student: plain });
  plant('linear1.weight', (i) => (i % 2 === 0 ? 1e25 : -1e25));
  expect(await trainer.firstBroken(1, 0)).toBe("the gradients' squared norm");
});

test('in any of the batches that are summed, with a teacher that answers live', async () => {
  const training = { steps: 60, batch: 15, accumulate: 4, evaluateEvery: 15 };
  const { trainer, executor } = await planted({ training });
  for (const bad of [1, 2, 3, 4, 5]) {
    let batch = 0;
    trainer.liveTeacher = {
      answer(batches) {
        batch += 1;
        const logits = new Float32Array(30).fill(batch === bad ? Number.NaN : 0.5);
        executor.write(batches.teacher, logits);
        return Promise.resolve();
      },
    };
    expect(await trainer.firstBroken(1, 3)).toBe(bad < 5 ? "the teacher's logits" : null);
    expect(batch).toBe(Math.min(bad, 4));
  }
});

test('nothing, where all is well', async () => {
  const { trainer } = await planted();
  expect(await trainer.firstBroken(0, 0)).toBeNull();
  expect(await trainer.firstBroken(1, 7)).toBeNull();
});

test('leaves the students as they were', async () => {
  const { trainer } = await planted();
  for (let i = 0; i < 5; i++) await trainer.takeStep();
  const before = await trainer.save();
  await trainer.firstBroken(1, 2);
  expect(await trainer.save()).toEqual(before);
});
