/**
 * The one way in which whole students are tested: the gradient of every parameter on the float64 reference against
 * fourth-order central differences of the loss. It knows no student by name.
 */
import { numbersOf, ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import type { TermId } from '../kernels/rowTerms.ts';
import { compileGradient, statsWidth } from '../ops/compile.ts';
import { hiddenSlot } from '../ops/hiddenLosses.ts';
import { sizeOf } from '../ops/tape.ts';
import type { HiddenSpec, StudentSpec } from '../spec/runSpec.ts';
import type { Placement } from '../tensor/executor.ts';
import { LiveBlock, liveWords } from '../tensor/live.ts';
import { RandomStream } from '../tensor/random.ts';
import { buildModel } from './build.ts';

const classes = 4;

export interface GradientCase {
  readonly student: StudentSpec;
  /** [positions] where the student reads text. */
  readonly inputShape: readonly number[];
  readonly text?: boolean;
  readonly terms: readonly TermId[];
  readonly hidden?: HiddenSpec;
  /** Numbers of the teacher's state in each pair; 3, 4, … if absent. Weights of attention are positive. */
  readonly widths?: readonly number[];
}

/** The relative error, in norm, of the gradient over all parameters of a student; points near a kink are left out. */
export async function gradientErrorOf(one: GradientCase, planted = 1) {
  const { student, inputShape, terms, hidden, text = false } = one;
  const widths = hidden?.pairs.map((_, i) => one.widths?.[i] ?? 3 + i) ?? [];
  const positions = text ? (inputShape[0] ?? 1) : 1;
  const batch = text ? 2 : 5;
  const rows = batch * positions;
  // An embedding is small at first, and a normalisation of small numbers bends sharply.
  const step = text ? 1e-4 : 1e-3;
  const model = buildModel(student, {
    inputShape,
    inputDtype: text ? 'u32' : 'f32',
    positions,
    classes,
    maxElements: 2 ** 20,
    hidden: hidden === undefined ? null : { spec: hidden, widths },
  });
  const executor = new ReferenceExecutor('float64');
  const { program } = compileGradient(model, terms, { batch, software: true, accumulate: false });
  const placements = new Map<string, Placement>(
    program.slots.map((slot) => [
      slot.name,
      { storage: executor.allocate(slot.name, slot.dtype, slot.length) },
    ]),
  );
  const slot = (name: string) => {
    const placement = placements.get(name);
    if (placement === undefined) throw new Error(`no ${name}`);
    return numbersOf(placement.storage);
  };
  const random = new RandomStream(5, 0, 0);
  const fill = (name: string, scale: number) => {
    const numbers = slot(name);
    for (let i = 0; i < numbers.length; i++) numbers[i] = random.between(-scale, scale);
  };
  if (text) slot('input').set(Array.from({ length: rows }, () => random.integer(classes)));
  else fill('input', 1);
  fill('teacher', 2);
  widths.forEach((_, i) => {
    fill(hiddenSlot(i), 1);
    if ((hidden?.pairs[i]?.loss ?? hidden?.loss) !== 'attention_kl') return;
    const weights = slot(hiddenSlot(i));
    for (let e = 0; e < weights.length; e++) weights[e] = Math.abs(weights[e] ?? 0);
  });
  slot('labels').set(repeated([0, 3, 1, 2, 2], rows));
  slot('flags').set(repeated([3, 1, 3, 0, 3], rows));
  for (const [segment, numbers] of model.tape.table.initialise(3).entries()) {
    slot(`parameters.${segment}`).set(numbers);
  }
  // Biases and gains start at constants; move them, so that nothing is tested at a symmetric point.
  const parameters = slot('parameters.0');
  for (let i = 0; i < parameters.length; i++)
    parameters[i] = (parameters[i] ?? 0) + random.between(-0.1, 0.1);

  const live = executor.allocate('live', 'u32', liveWords);
  executor.write(live, liveNumbers(terms.length).words);
  const bound = executor.bind(program, placements, { storage: live, offset: 0 });
  const loss = () => {
    executor.run([bound]);
    let total = 0;
    for (let row = 0; row < rows; row++) total += slot('stats')[row * statsWidth] ?? 0;
    return total;
  };
  loss();
  const gradient = Float64Array.from(slot('gradients.0'), (g) => g * planted);
  let [difference, size, kinks, count] = [0, 0, 0, 0];
  for (const { offset, length, frozen } of model.tape.table.entries) {
    if (frozen) continue;
    for (let i = offset; i < offset + length; i++) {
      const at = parameters[i] ?? 0;
      const f = (by: number) => {
        parameters[i] = at + by;
        return loss();
      };
      const [far, near] = [f(2 * step) - f(-2 * step), f(step) - f(-step)];
      const half = f(step / 2) - f(-step / 2);
      parameters[i] = at;
      const numeric = (8 * near - far) / (12 * step);
      // Where halving the step changes the result by far more than its own error, a rectifier switched in between.
      const finer = (8 * half - near) / (6 * step);
      count += 1;
      if (Math.abs(finer - numeric) > 1e-7 + 1e-6 * Math.abs(numeric)) {
        kinks += 1;
        continue;
      }
      difference += ((gradient[i] ?? 0) - numeric) ** 2;
      size += numeric ** 2;
    }
  }
  return { error: Math.sqrt(difference / size), kinks, count, outputs: sizeOf(model.logits) };
}

function liveNumbers(terms: number): LiveBlock {
  const live = new LiveBlock(1);
  const values = {
    ...{ step: 4, seed: 9, temperature: 2.5, inverseValid: 1 / 4, inverseLabelled: 1 / 3 },
    ...{ labelWeight: 0.3, smoothing: 0.1, hiddenWeight: 0.4, hiddenParameter: 1 },
  };
  for (const [name, value] of Object.entries(values)) live.set(0, name as keyof typeof values, value);
  for (let term = 0; term < terms; term++) live.setTerm(0, term, 0.7 + term, [0.3]);
  return live;
}

function repeated(pattern: readonly number[], length: number): number[] {
  return Array.from({ length }, (_, i) => pattern[i % pattern.length] ?? 0);
}
