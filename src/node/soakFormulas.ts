/**
 * Formulas drawn by lot, a great many: read, judged against plain arithmetic (losses/hostileFormulas), and their WGSL
 * compiled, four to a kernel, on an adapter that compiles and computes nothing.
 */
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

const atOnce = 100;

export async function soakFormulas(
  count: number,
  seed: number,
  progress: (done: number) => void,
): Promise<SoakedFormulas> {
  let [accepted, refused, compared, worst] = [0, 0, 0, 0];
  const faults: string[] = [];
  for (let from = 0; from < count; from += atOnce) {
    const found = fuzzFormulas(Math.min(atOnce, count - from), seed, from);
    accepted += found.accepted;
    refused += found.refused;
    compared += found.compared;
    worst = Math.max(worst, found.worst);
    // An executor a batch, so that compiled kernels do not pile up.
    const executor = await openNullExecutor();
    faults.push(...found.faults, ...(await compileAll(executor, found.formulas)));
    executor.dispose();
    progress(from + atOnce);
  }
  return { accepted, refused, compared, worst, faults };
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
