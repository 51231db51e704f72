/**
 * Checks of losses on an executor: the row kernel computes the rows of losses/checkInputs, what it finds is judged
 * there, and the same kernel is timed against forward KL. Needs no run, and leaves nothing behind.
 */
import { type BatchLossId, batchLoss } from '../losses/batchProbe.ts';
import { hiddenLosses, labelLosses, termLosses } from '../losses/catalogue.ts';
import { checkClasses, checkTemperatures } from '../losses/checkInputs.ts';
import {
  checkedRows,
  type Examined,
  examine,
  type FoundEnd,
  type FoundRows,
  judge,
  judgeEnds,
  line,
  reportOf,
} from '../losses/checks.ts';
import { type CheckedLoss, type CheckLine, checkNames, type LossReport } from '../protocol/checks.ts';
import { detailOf, sentence } from '../spec/errors.ts';
import type { Executor } from '../tensor/executor.ts';
import { checkBatchLoss } from './batchChecks.ts';
import { CheckedKernel, type KernelRow } from './checkedKernel.ts';

/** Rows of one timed call: enough to keep a GPU busy, few enough for a processor. */
const timedRows = { gpu: 16_384, software: 256, reference: 16 } as const;
const timedCalls = 8;
const timings = 3;

type Lines = Partial<Record<CheckLine['check'], CheckLine>>;

/** Reports in order, each told as it is done. */
export async function checkLosses(
  executor: Executor,
  losses: readonly CheckedLoss[] | 'catalogue',
  tell: (report: LossReport, index: number, count: number) => void,
): Promise<readonly LossReport[]> {
  const wanted = losses === 'catalogue' ? catalogue() : losses;
  const reports: LossReport[] = [];
  let standard: CheckedKernel | null = null;
  for (const loss of wanted) {
    const start = performance.now();
    const batch = batchLoss(loss.id);
    if (batch !== undefined) {
      const lines = await batchLines(executor, batch);
      const milliseconds = performance.now() - start;
      const title = [...termLosses, ...hiddenLosses].find(({ id }) => id === batch)?.title ?? batch;
      const report = { loss, title, lines, milliseconds, parameters: [], wgsl: null };
      reports.push(report);
      tell(report, reports.length - 1, wanted.length);
      continue;
    }
    const examined = examine(loss);
    if (examined.sound) standard ??= await forTiming(executor, { id: 'forward_kl', parameters: {} });
    const more = standard === null || !examined.sound ? {} : await onExecutor(executor, examined, standard);
    const report = reportOf(examined, more, performance.now() - start);
    reports.push(report);
    tell(report, reports.length - 1, wanted.length);
  }
  await standard?.dispose();
  return reports;
}

/** Every loss, with its usual parameters. */
function catalogue(): readonly CheckedLoss[] {
  return [...labelLosses, ...termLosses, ...hiddenLosses].map(({ id }) => ({ id, parameters: {} }));
}

async function batchLines(executor: Executor, id: BatchLossId): Promise<readonly CheckLine[]> {
  try {
    return await checkBatchLoss(executor, id);
  } catch (error) {
    const says = sentence(detailOf(error)).replace(/\.$/, '');
    return checkNames.map((check) =>
      check === 'gpu-gradient'
        ? line(check, 'fail', says)
        : line(check, 'skipped', 'It could not be computed'),
    );
  }
}

async function onExecutor(executor: Executor, examined: Examined, standard: CheckedKernel): Promise<Lines> {
  const { loss } = examined;
  const where = executor.kind === 'gpu' ? executor.adapter.name : 'the processor, in float32';
  try {
    const { found, ends } = await findRows(executor, examined);
    const own = judge(loss, found, where);
    const atEnds = own.finite === undefined ? judgeEnds(ends) : null;
    return {
      ...own,
      ...(atEnds === null ? {} : { finite: atEnds }),
      cost: await costLine(executor, loss, standard),
    };
  } catch (error) {
    const says = sentence(detailOf(error)).replace(/\.$/, '');
    return { 'gpu-gradient': line('gpu-gradient', 'fail', says) };
  }
}

async function findRows(
  executor: Executor,
  { loss, formula }: Examined,
): Promise<{ readonly found: readonly FoundRows[]; readonly ends: readonly FoundEnd[] }> {
  const rows: readonly KernelRow[] = [
    ...checkedRows.map((row) => ({ ...row, masked: false })),
    ...checkedRows.slice(0, 1).map((row) => ({ ...row, masked: true })),
  ];
  const kernel = await CheckedKernel.create(executor, loss, rows);
  const found: FoundRows[] = [];
  for (const temperature of checkTemperatures) {
    const { losses, gradients } = await kernel.at(temperature);
    found.push({ temperature, losses, gradients, masked: gradients[checkedRows.length] ?? [] });
  }
  const ends: FoundEnd[] = [];
  for (const { name, min, max } of formula?.parameters ?? []) {
    for (const value of [min, max])
      ends.push({ parameter: name, value, ...(await kernel.at(1, { ...loss.parameters, [name]: value })) });
  }
  await kernel.dispose();
  return { found, ends };
}

function forTiming(executor: Executor, loss: CheckedLoss): Promise<CheckedKernel> {
  const count =
    executor.kind === 'reference'
      ? timedRows.reference
      : timedRows[executor.adapter.software ? 'software' : 'gpu'];
  const rows = Array.from({ length: count }, (_, r) => {
    const logits = (by: number) =>
      Float32Array.from({ length: checkClasses }, (_, j) => Math.sin(r * by + j * j));
    return { student: logits(1.7), teacher: logits(0.3), label: r % checkClasses, masked: false };
  });
  return CheckedKernel.create(executor, loss, rows);
}

/** Medians of a few alternating timings. */
async function costLine(executor: Executor, loss: CheckedLoss, standard: CheckedKernel): Promise<CheckLine> {
  const own = await forTiming(executor, loss);
  const times = { own: [] as number[], standard: [] as number[] };
  for (let i = -1; i < timings; i++) {
    for (const [name, kernel] of [
      ['own', own],
      ['standard', standard],
    ] as const) {
      const start = performance.now();
      kernel.run(timedCalls);
      await executor.settled();
      if (i >= 0) times[name].push(performance.now() - start);
    }
  }
  await own.dispose();
  const ratio = median(times.own) / Math.max(median(times.standard), 1e-6);
  return line('cost', 'note', `${ratio.toFixed(2)} × the time of forward KL in the row kernel`, ratio);
}

function median(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[times.length >> 1] ?? 0;
}
