/**
 * Formulas drawn by lot, a great many: read, judged against plain arithmetic (losses/hostileFormulas), and their WGSL
 * compiled, four to a kernel, on an adapter that compiles and computes nothing. In processes of their own, one after the
 * other: Dawn's null adapter keeps every module that it compiled, after its device and its instance are gone.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { GpuExecutor } from '../gpu/gpuExecutor.ts';
import { openNullExecutor } from '../gpu/node.ts';
import { rowLoss } from '../kernels/rowLoss.ts';
import { formulaTerm } from '../kernels/terms/formula.ts';
import type { Formula } from '../losses/formula/formula.ts';
import { fuzzFormulas } from '../losses/hostileFormulas.ts';
import { detailOf, sentence } from '../spec/errors.ts';
import { maxTerms } from '../tensor/live.ts';
import { call, type Program, type Slot, whole } from '../tensor/program.ts';

export interface SoakedFormulas {
  readonly accepted: number;
  readonly refused: number;
  readonly compared: number;
  readonly worst: number;
  readonly faults: readonly string[];
}

/** Formulas of one process: some hundred megabytes of modules. */
const inProcess = 200;
/** A part as the program is given it: `--part 400,200`. */
export const partOption = 'part';

export async function soakFormulas(
  count: number,
  seed: number,
  progress: (done: number) => void,
): Promise<SoakedFormulas> {
  let all: SoakedFormulas = { accepted: 0, refused: 0, compared: 0, worst: 0, faults: [] };
  for (let from = 0; from < count; from += inProcess) {
    const some = Math.min(inProcess, count - from);
    const found = await inOwnProcess(from, some, seed);
    all = {
      accepted: all.accepted + found.accepted,
      refused: all.refused + found.refused,
      compared: all.compared + found.compared,
      worst: Math.max(all.worst, found.worst),
      faults: [...all.faults, ...found.faults],
    };
    progress(from + some);
  }
  return all;
}

async function inOwnProcess(from: number, count: number, seed: number): Promise<SoakedFormulas> {
  const [, program = ''] = process.argv;
  const args = [program, `--${partOption}`, `${from},${count}`, '--seed', String(seed)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 26 });
  return JSON.parse(stdout);
}

/** Formulas `from` to `from + count` of a seed. */
export async function soakPart(from: number, count: number, seed: number): Promise<SoakedFormulas> {
  const { formulas, faults, ...found } = fuzzFormulas(count, seed, from);
  const executor = await openNullExecutor();
  try {
    return { ...found, faults: [...faults, ...(await compileAll(executor, formulas))] };
  } finally {
    executor.dispose();
  }
}

/** What does not compile, by its text. */
async function compileAll(executor: GpuExecutor, formulas: readonly Formula[]): Promise<readonly string[]> {
  const faults: string[] = [];
  for (let i = 0; i < formulas.length; i += maxTerms) {
    const some = formulas.slice(i, i + maxTerms);
    if ((await compiled(executor, some)) === null) continue;
    for (const one of some) {
      const fault = await compiled(executor, [one]);
      if (fault !== null) faults.push(`${fault} in ${JSON.stringify(one.text)}`);
    }
  }
  return faults;
}

async function compiled(executor: GpuExecutor, formulas: readonly Formula[]): Promise<string | null> {
  const params = { rows: 1, classes: 4, terms: formulas.map(formulaTerm) };
  const lengths = rowLoss.lengths(params);
  const slots: readonly Slot[] = rowLoss.bindings.map(({ name, dtype }, i) => ({
    name,
    dtype,
    length: lengths[i] ?? 1,
  }));
  const program: Program = { name: 'formulas', slots, calls: [call(rowLoss, params, slots.map(whole))] };
  try {
    await executor.prepare([program]);
    return null;
  } catch (error) {
    return sentence(detailOf(error));
  }
}
