/**
 * The page of the bench: a distillation step whose teacher's logits stay on the GPU, by the session code that ships, and the
 * same step with logits that come down to the host and are written up again. It times nothing; bench/browser.ts does.
 */
import { openDevice } from '../../src/gpu/device.ts';
import { GpuExecutor, gpuBuffer } from '../../src/gpu/gpuExecutor.ts';
import { shaderText } from '../../src/gpu/shaderLibrary.ts';
import { openGpuTeacher } from '../../src/teachers/onnx/gpuSession.ts';
import { createSession, openingMs } from '../../src/teachers/onnx/opening.ts';
import { exclusive, loadRuntime } from '../../src/teachers/onnx/runtime.ts';
import type { AdapterSummary } from '../../src/tensor/executor.ts';
import type { Trainer } from '../../src/training/trainer.ts';
import type { LiveTeacher } from '../../src/training/turns.ts';
import type { Steps } from '../library.ts';
import { perceptron, type TeacherShape, teacherShapeOf } from '../teacher.ts';
import { trainerSteps } from '../trainerSteps.ts';
import { stepRows } from '../work.ts';

/** Where a batch's logits go from the session: into the batch's buffer, or by way of the host. */
export type Way = 'kept on the GPU' | 'down and up again';

/** What the program calls. */
export interface TeacherBench {
  open(): Promise<{ readonly shape: TeacherShape } & Pick<AdapterSummary, 'name' | 'software'>>;
  run(way: Way, count: number): Promise<void>;
  losses(way: Way, count: number): Promise<readonly number[]>;
}

const deadlineMs = 60_000;
const contestants = new Map<Way, Steps>();

const teacherBench: TeacherBench = {
  async open() {
    const executor = new GpuExecutor(await openDevice(navigator.gpu), shaderText);
    const { name, software } = executor.adapter;
    const shape = teacherShapeOf(software);
    contestants.set('kept on the GPU', await stepsOf(executor, shape, kept));
    contestants.set('down and up again', await stepsOf(executor, shape, downAndUp));
    return { shape, name, software };
  },
  run: (way, count) => contestantOf(way).run(count),
  losses: (way, count) => contestantOf(way).losses(count),
};
Object.assign(globalThis, { teacherBench });

function contestantOf(way: Way): Steps {
  const found = contestants.get(way);
  if (found === undefined) throw new RangeError('the bench is not open');
  return found;
}

type OpenTeacher = (executor: GpuExecutor, trainer: Trainer, shape: TeacherShape) => Promise<LiveTeacher>;

function stepsOf(executor: GpuExecutor, shape: TeacherShape, open: OpenTeacher): Promise<Steps> {
  const { student, batch } = shape;
  const [inputs = 1, classes = 2] = [student[0], student.at(-1)];
  const { spec, split } = stepRows(student, batch);
  const rows = { split, classes, inputShape: [inputs], inputDtype: 'f32', positions: 1 } as const;
  const answers = (trainer: Trainer) => open(executor, trainer, shape);
  return trainerSteps(executor, spec, { ...rows, answers }, () => Promise.resolve(null));
}

/** As the engine's worker binds a teacher (workers/liveTeacher.ts). */
async function kept(executor: GpuExecutor, { batches }: Trainer, { teacher: layers, batch }: TeacherShape) {
  const teacher = await openGpuTeacher(executor.device, {
    ...{ model: perceptron(layers), external: [], input: 'input', logits: 'logits', taps: [], maps: 'pool' },
    ...{ inputShape: [layers[0] ?? 1], inputDtype: 'f32', classes: layers.at(-1) ?? 2, batch, deadlineMs },
  });
  const [input, logits] = [gpuBuffer(batches.input), gpuBuffer(batches.answersOf(null))];
  teacher.bind({ input, logits, hidden: [] });
  return { answer: () => teacher.answer() };
}

/** The same model in a session that hands its outputs to the host, as it does unless told otherwise. */
async function downAndUp(
  executor: GpuExecutor,
  { batches }: Trainer,
  { teacher: layers, batch }: TeacherShape,
) {
  const ort = await loadRuntime('gpu');
  const model = perceptron(layers);
  const { device } = executor;
  const session = await exclusive(
    () =>
      createSession(ort, { model, external: [] }, model, {
        executionProviders: [{ name: 'webgpu', device }],
        preferredOutputLocation: 'cpu',
      }),
    openingMs,
  );
  const dims = [batch, layers[0] ?? 1];
  const input = ort.Tensor.fromGpuBuffer(gpuBuffer(batches.input), { dataType: 'float32', dims });
  return {
    async answer() {
      const { logits } = await exclusive(() => session.run({ input }, ['logits']), deadlineMs);
      if (!(logits?.data instanceof Float32Array)) throw new RangeError('logits are not numbers on the host');
      executor.write(batches.answersOf(null), new Float32Array(logits.data.buffer as ArrayBuffer));
    },
  };
}
