// Losses and gradients against PyTorch's autograd and against NumPy (docs/losses/), on both executors, by id and by toolkit.
import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { numbersOf, ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { openNodeExecutor, releaseNodeGpu } from '../gpu/node.ts';
import { findToolkit, toolkitIds, translate } from '../losses/conventions.ts';
import { answerLoss, type LossAnswer, type LossAsked, type LossBatch } from './lossAnswer.ts';

const gpu = await openNodeExecutor();
afterAll(() => {
  gpu.dispose();
  releaseNodeGpu();
});

interface Case {
  readonly loss: string;
  readonly temperature: number;
  readonly parameters: Readonly<Record<string, number>>;
  readonly scaleByT2: boolean;
  readonly as: string | null;
  readonly value: number;
  readonly rows?: readonly number[];
  readonly gradient: readonly (readonly number[])[];
}

interface Independent extends Pick<LossBatch, 'student' | 'teacher' | 'labels'> {
  readonly mask: readonly number[];
  readonly cases: readonly Case[];
}

const independent: Independent = JSON.parse(readFileSync('docs/losses/independent.json', 'utf8'));
const toolkits: Pick<Independent, 'cases'> = JSON.parse(readFileSync('docs/losses/toolkits.json', 'utf8'));
const { student, teacher, labels, mask } = independent;
const cases = [...independent.cases, ...toolkits.cases];

function question(one: Case): { asked: LossAsked; batch: LossBatch } {
  const batch = { classes: 6, student, teacher, labels, mask: mask.map((bit) => bit === 1) };
  const toolkit = one.as === null ? undefined : findToolkit(one.as);
  const { temperature, scaleByT2, parameters } = one;
  if (toolkit === undefined)
    return { asked: { terms: [{ id: one.loss, weight: 1, ...parameters }], temperature, scaleByT2 }, batch };
  const theirs = translate({ id: one.loss, temperature, scaleByT2, parameters }, toolkit);
  const terms = theirs.parts.map((part) => ({ id: part.id, weight: part.weight, ...part.parameters }));
  return {
    asked: { terms, temperature: theirs.temperature, scaleByT2: theirs.scaleByT2 },
    batch: theirs.ignoresMask ? { ...batch, mask: mask.map(() => true) } : batch,
  };
}

/** Largest difference from the oracle, of value and rows relative to the value, of the gradient relative to its norm. */
function distance(found: LossAnswer, one: Case): number {
  const value = Math.abs(found.loss - one.value) / Math.abs(one.value);
  const rows = (one.rows ?? []).map((row, r) => Math.abs(row - (found.rows[r] ?? Number.NaN)) / one.value);
  const [got, wanted] = [found.gradient.flat(), one.gradient.flat()];
  const norm = Math.hypot(...wanted);
  const off = Math.hypot(...wanted.map((g, i) => g - (got[i] ?? Number.NaN)));
  return Math.max(value, off / norm, ...rows);
}

const named = cases.map(
  (one) =>
    [
      `${one.loss} at T = ${one.temperature} ${JSON.stringify(one.parameters)}${one.as ? ` as ${one.as}` : ''}`,
      one,
    ] as const,
);

test.each(named)(
  '%s is what PyTorch or NumPy says, to 1e-6 in float64 and 2e-5 on the GPU',
  async (_, one) => {
    const { asked, batch } = question(one);
    const reference = await answerLoss(new ReferenceExecutor('float64'), asked, batch, numbersOf);
    expect(distance(reference, one)).toBeLessThan(1e-6);
    expect(distance(await answerLoss(gpu, asked, batch), one)).toBeLessThan(2e-5);
  },
);

test('every toolkit has a number of its own there', () => {
  expect(new Set(named.flatMap(([, { as }]) => as ?? []))).toEqual(new Set(toolkitIds));
});

test('a gradient that is off by one in ten thousand is caught', async () => {
  const [, one] = named[1] ?? [];
  if (one === undefined) throw new Error('there are no cases');
  const { asked, batch } = question(one);
  const found = await answerLoss(new ReferenceExecutor('float64'), asked, batch, numbersOf);
  const wrong = { ...found, gradient: found.gradient.map((row) => row.map((g) => g * 1.0001)) };
  expect(distance(wrong, one)).toBeGreaterThan(5e-5);
});
