/**
 * What it costs to take a batch's logits down to the host and write them up again, without a browser: the engine's own
 * products play the teacher, so that a GPU which only Node reaches has a figure, too. With onnxruntime-web it is bench/browser.ts.
 */
import { chooseMatmul } from '../src/kernels/matmulChoice.ts';
import type { Executor } from '../src/tensor/executor.ts';
import { call, type KernelCall, type Program, type Slot, whole } from '../src/tensor/program.ts';
import type { Trainer } from '../src/training/trainer.ts';
import type { LiveTeacher } from '../src/training/turns.ts';
import type { Steps } from './library.ts';
import { layerWeight, type TeacherShape } from './teacher.ts';
import { trainerSteps } from './trainerSteps.ts';
import { stepRows } from './work.ts';

/** The step whose teacher writes into the batch, and the one whose logits go by way of the host. */
export async function openDetour(executor: Executor, shape: TeacherShape): Promise<readonly Steps[]> {
  const program = teacherProgram(executor, shape);
  await executor.prepare([program]);
  return [
    await stepsOf(executor, shape, program, 'kept on the GPU'),
    await stepsOf(executor, shape, program, 'down and up again'),
  ];
}

async function stepsOf(
  executor: Executor,
  { teacher, student, batch }: TeacherShape,
  program: Program,
  name: 'kept on the GPU' | 'down and up again',
): Promise<Steps> {
  const { spec, split } = stepRows(student, batch);
  const [inputs = 1, classes = 2] = [student[0], student.at(-1)];
  const rows = { split, classes, inputShape: [inputs], inputDtype: 'f32', positions: 1 } as const;
  const own = program.slots.map(({ name: label, dtype, length }) => executor.allocate(label, dtype, length));
  const storages = new Map(own.map((storage) => [storage.label, storage]));
  teacher.slice(1).forEach((_, layer) => {
    const weight = storages.get(`weight.${layer}`);
    if (weight !== undefined) executor.write(weight, layerWeight(teacher, layer));
  });
  const logits = storages.get('logits');
  const answers = ({ batches }: Trainer): LiveTeacher => {
    const given = batches.answersOf(null);
    const kept = name === 'kept on the GPU';
    const places = new Map(storages).set('input', batches.input);
    if (kept) places.set('logits', given);
    const placements = [...places].map(([at, storage]) => [at, { storage }] as const);
    const bound = executor.bind(program, new Map(placements));
    return {
      async answer() {
        executor.run([bound]);
        if (!kept && logits !== undefined) executor.write(given, await executor.read(logits));
      },
    };
  };
  const steps = await trainerSteps(executor, spec, { ...rows, answers }, () => Promise.resolve(null));
  const dispose = () => {
    steps.dispose();
    for (const storage of own) storage.dispose();
  };
  return { ...steps, name, dispose };
}

/** input (batch, inputs) to logits (batch, classes); weights are `weight.0` and so on, and there are no biases but zeros. */
function teacherProgram(executor: Executor, { teacher, batch }: TeacherShape): Program {
  const slots: Slot[] = [slot('input', batch * (teacher[0] ?? 1))];
  const calls: KernelCall[] = [];
  const last = teacher.length - 2;
  let [before] = slots;
  for (let layer = 0; layer <= last && before !== undefined; layer++) {
    const [k = 1, n = 1] = [teacher[layer], teacher[layer + 1]];
    const epilogue = layer === last ? 'none' : 'bias_relu';
    const params = { m: batch, n, k, transposeB: false, accumulate: false, epilogue } as const;
    const [weight, bias] = [slot(`weight.${layer}`, k * n), slot(`bias.${layer}`, n)];
    const output = slot(layer === last ? 'logits' : `state.${layer}`, batch * n);
    const args = [before, weight, bias, output].map(whole);
    calls.push(call(chooseMatmul(executor.adapter.software, params), params, args));
    slots.push(weight, bias, output);
    before = output;
  }
  return { name: 'teacher', slots, calls };
}

function slot(name: string, length: number): Slot {
  return { name, dtype: 'f32', length };
}
