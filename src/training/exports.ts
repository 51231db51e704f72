/** The files that a run can leave as: student, metrics, receipt. Bytes only; who saves them is others' affair. */
import type { Export } from '../protocol/commands.ts';
import type { RunLog } from '../sharing/metricsCsv.ts';
import { metricsCsv } from '../sharing/metricsCsv.ts';
import { writeOnnx } from '../sharing/onnxFile.ts';
import { receiptArm, receiptJson } from '../sharing/receipt.ts';
import { writeSafetensors } from '../sharing/safetensors.ts';
import { StillroomError } from '../spec/errors.ts';
import { type DataSpec, isText } from '../spec/runSpec.ts';
import { studentGraph } from '../students/exportStudent.ts';
import { sha256Of } from '../teachers/card.ts';
import { armName } from './armSettings.ts';
import type { Prepared } from './prepare.ts';
import type { Race } from './race.ts';

export interface ExportSource {
  readonly race: Race;
  readonly prepared: Prepared;
  readonly log: RunLog;
  readonly versions: Readonly<Record<string, string>>;
  readonly command: string | null;
}

export interface ExportedFile {
  readonly name: string;
  readonly mime: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const binary = 'application/octet-stream';

/** Errors: RangeError where there is no such arm; `export-no-cache`, `export-no-average`, `export-no-answers`. */
export async function exportRun(source: ExportSource, what: Export, arm: number): Promise<ExportedFile> {
  switch (what) {
    case 'onnx':
      return { name: 'student.onnx', mime: binary, bytes: await onnxOf(source, arm, false) };
    case 'onnx_cache':
      return { name: 'student-with-cache.onnx', mime: binary, bytes: await onnxOf(source, arm, true) };
    case 'onnx_average':
      return {
        name: 'student-average.onnx',
        mime: binary,
        bytes: await onnxOf(source, arm, false, 'average'),
      };
    case 'safetensors':
      return {
        name: 'student.safetensors',
        mime: binary,
        bytes: await safetensorsOf(source, arm),
      };
    case 'metrics':
      return {
        name: 'metrics.csv',
        mime: 'text/csv',
        bytes: encoded(metricsCsv(source.log, source.race.trainer.spec.training.steps)),
      };
    case 'answers':
      return { name: 'teacher.answers', mime: binary, bytes: answersOf(source) };
    case 'receipt':
      return { name: 'run.json', mime: 'application/json', bytes: encoded(await receiptOf(source)) };
  }
}

function noAverage(got: string): StillroomError {
  return new StillroomError({
    code: 'export-no-average',
    problem: 'This arm keeps no averaged copy',
    got,
    wanted: 'an arm that learns from a teacher, which is the averaged copy',
    remedy: 'Choose such an arm',
    control: 'teacher.source',
  });
}

/** The teacher's answers as a file. Errors: `export-no-answers`. */
export function answersOf({ prepared }: Pick<ExportSource, 'prepared'>): Uint8Array<ArrayBuffer> {
  if (prepared.answersFile !== null) return prepared.answersFile();
  throw new StillroomError({
    code: 'export-no-answers',
    problem: 'This teacher has no recorded answers of its own',
    wanted: 'one model that has answered every row, without hidden states',
    remedy: 'Choose one teacher and its recorded answers',
    control: 'teacher.delivery',
  });
}

async function onnxOf(
  { race, prepared }: ExportSource,
  index: number,
  cache: boolean,
  weights: 'parameters' | 'average' = 'parameters',
): Promise<Uint8Array<ArrayBuffer>> {
  const arm = armAt(race, index);
  if (weights === 'average' && !arm.averaged) throw noAverage(armName(arm.spec));
  const { spec } = race.trainer;
  return writeOnnx(
    studentGraph(
      arm.model,
      await arm.parameters(weights),
      {
        arm: armName(arm.spec),
        input: inputScaling(spec.data),
        classes: classList(prepared.dataset.classNames, isText(spec.data)),
        data: prepared.dataset.fingerprint,
        step: String(race.trainer.step),
        spec: JSON.stringify(race.trainer.now),
      },
      { cache },
    ),
  );
}

async function safetensorsOf({ race }: ExportSource, index: number): Promise<Uint8Array<ArrayBuffer>> {
  const arm = armAt(race, index);
  const numbers = await arm.parameters();
  const tensors = arm.model.tape.table.entries.flatMap(({ name, shape, exported }, i) => {
    const data = numbers[i];
    return exported && data !== undefined ? [{ name, shape, data }] : [];
  });
  return writeSafetensors(tensors, {
    arm: armName(arm.spec),
    input: inputScaling(race.trainer.spec.data),
    layout: weightLayout,
  });
}

/** Whoever loads the file elsewhere would otherwise guess, and a square matrix fits both ways. */
const weightLayout = 'dense weights are [in, out], y = x · W + b; convolutions [out, in, height, width]';

async function receiptOf({ race, prepared, log, versions, command }: ExportSource): Promise<string> {
  const { adapter, kind } = race.executor;
  const last = log.evaluations.at(-1);
  const names = race.trainer.arms.map((arm) => armName(arm.spec));
  return receiptJson({
    format: 1,
    spec: { ...race.trainer.spec, events: [...race.trainer.events] },
    step: race.trainer.step,
    adapter: { name: adapter.name, executor: kind },
    versions,
    hashes: {
      data: prepared.dataset.fingerprint,
      teacher: prepared.teacher.sha256,
      weights: await weightHashes(race),
    },
    final: last?.arms.map((evaluation, i) => receiptArm(names[i] ?? '', evaluation)) ?? [],
    command,
  });
}

/** SHA-256 of each arm's exported weights. */
export function weightHashes(race: Race): Promise<string[]> {
  return Promise.all(
    race.trainer.arms.map(async (arm) => {
      const numbers = (await arm.parameters()).filter((_, i) => arm.model.tape.table.entries[i]?.exported);
      const all = new Float32Array(numbers.reduce((sum, one) => sum + one.length, 0));
      let at = 0;
      for (const one of numbers) {
        all.set(one, at);
        at += one.length;
      }
      return sha256Of(new Uint8Array(all.buffer));
    }),
  );
}

/** One a line; of tokens, which may hold line ends, a JSON list. */
function classList(names: readonly string[], tokens: boolean): string {
  return tokens ? JSON.stringify(names) : names.join('\n');
}

/** What is done to a sample before it is the student's input, for whoever uses the file elsewhere. */
function inputScaling(data: DataSpec): string {
  if (data.task === 'planes') return 'coordinates as the task gives them';
  if (data.task === 'glyphs') return 'pixels from 0 to 1, ink is 1';
  if (isText(data)) return 'tokens; what stands for each is in classes';
  return `(pixel / 255 − ${data.mean}) / ${data.std} for byte pixels, (value − ${data.mean}) / ${data.std} for others`;
}

function armAt(race: Race, index: number) {
  const arm = race.trainer.arms[index];
  if (arm === undefined) throw new RangeError(`there is no arm ${index}`);
  return arm;
}

function encoded(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
