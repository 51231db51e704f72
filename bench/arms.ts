/**
 * What a second arm costs in a race: one arm and two over the same batches, with a teacher that answers each batch as it
 * comes and with its answers recorded. The teacher runs on the processor, as Node has it.
 */
import type { ArmSpec } from '../src/spec/runSpec.ts';
import { openWasmTeacher } from '../src/teachers/onnx/wasmSession.ts';
import { answerAll } from '../src/teachers/rowTeacher.ts';
import type { Executor } from '../src/tensor/executor.ts';
import { rowsTeacher } from '../src/training/rowsTeacher.ts';
import { pairedRatio, type Timing } from './contest.ts';
import type { Steps } from './library.ts';
import { multiplyAdds, perceptron, teacherWidths } from './teacher.ts';
import { type Rows, trainerSteps } from './trainerSteps.ts';
import { type StepShape, stepRows } from './work.ts';

/** Multiply–adds of the teacher, over the student's: the least at which the goal is set. */
const timesTheStudent = 4;

/** One arm and two, of which the second learns from the teacher's likeliest class. */
const races: readonly (readonly ArmSpec[])[] = [
  [{ kind: 'distilled' }],
  [{ kind: 'distilled' }, { kind: 'hard' }],
];

export interface ArmsContest {
  readonly work: string;
  /** One arm and two with a live teacher, then one and two with recorded answers. */
  readonly contestants: readonly Steps[];
  dispose(): void;
}

export async function openArms(executor: Executor, { widths, batch }: StepShape): Promise<ArmsContest> {
  const layers = teacherWidths(widths, timesTheStudent);
  const { spec, split } = stepRows(widths, batch);
  const [inputs = 1, classes = 2] = [widths[0], widths.at(-1)];
  const teacher = await openWasmTeacher({
    ...{ model: perceptron(layers), external: [], input: 'input', logits: 'logits', taps: [], maps: 'pool' },
    ...{ inputShape: [inputs], inputDtype: 'f32', classes, batch, deadlineMs: 60_000 },
  });
  const { logits } = await answerAll(teacher, split.inputs, split.n);
  const rows = { split, classes, inputShape: [inputs], inputDtype: 'f32', positions: 1 } as const;
  const contestants: Steps[] = [];
  const live: Rows['answers'] = (_, dataset) => rowsTeacher(teacher, dataset, executor);
  for (const answers of [live, logits]) {
    for (const arms of races) {
      const raced = { ...spec, arms: [...arms] };
      const steps = await trainerSteps(executor, raced, { ...rows, answers }, () => Promise.resolve(null));
      const way = answers === live ? 'live' : 'recorded';
      contestants.push({ ...steps, name: `${arms.length === 1 ? 'one arm' : 'two arms'}, ${way}` });
    }
  }
  const times = (multiplyAdds(layers) / multiplyAdds(widths)).toFixed(2);
  return {
    work: `arms of ${widths.join('-')}, batch ${batch}, teacher ${layers.join('-')} of ${times} times the multiply–adds`,
    contestants,
    dispose: () => teacher.dispose(),
  };
}

/** What the second arm adds to the first, of the contestants' timings in their order. */
export function secondArmText([one, two, recordedOne, recordedTwo]: readonly Timing[]): string {
  const percent = (ratio: number) => `${Math.round(100 * (ratio - 1))} %`;
  const time = (first?: Timing, both?: Timing) => percent(pairedRatio(first, both));
  const cpu = (first?: Timing, both?: Timing) => percent((both?.cpu ?? Number.NaN) / (first?.cpu ?? 0));
  const [live, recorded] = [time(one, two), time(recordedOne, recordedTwo)];
  const cpuTimes = `${cpu(one, two)} live, ${cpu(recordedOne, recordedTwo)} recorded`;
  return `a second arm, of the first one's cost: ${live} live, ${recorded} recorded; in CPU time ${cpuTimes}`;
}
