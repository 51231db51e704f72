/**
 * A bundle: the files of a run as one zip archive, and the table of its repetitions, which no other file holds. It
 * decides neither what goes in nor what the files are called in words.
 */
import { type Zippable, zipSync } from 'fflate';
import { quoted } from './metricsCsv.ts';

export interface ZipFile {
  /** With folders: `students/3-distilled/student.onnx`. */
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Weights hardly get smaller, and are many. */
const incompressible = /\.(?:onnx|safetensors)$/;

export function zipped(files: readonly ZipFile[]): Uint8Array<ArrayBuffer> {
  const entries: Zippable = Object.fromEntries(
    files.map(({ path, bytes }) => [path, [bytes, { level: incompressible.test(path) ? 0 : 6 }]]),
  );
  return zipSync(entries);
}

/** Of an arm, with its place, so that two arms of one name do not meet. */
export function armFolder(index: number, name: string): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const trimmed = plain.slice(0, 40).replace(/^-+|-+$/g, '');
  return `students/${index + 1}${trimmed === '' ? '' : `-${trimmed}`}`;
}

/** One seed of a repeated run: `curves[arm]` is its headline at `steps`. */
interface SeedCurves {
  readonly seed: number;
  readonly steps: readonly number[];
  readonly curves: readonly (readonly number[])[];
}

/** One row for each seed, evaluated step and arm; a point for decimals, RFC 4180. */
export function seedsCsv(arms: readonly string[], seeds: readonly SeedCurves[], headline: string): string {
  const rows = seeds.flatMap(({ seed, steps, curves }) =>
    steps.flatMap((step, at) =>
      arms.map((arm, i) => [seed, step, quoted(arm), curves[i]?.[at] ?? ''].join(',')),
    ),
  );
  return `${[`seed,step,arm,${headline}`, ...rows].join('\r\n')}\r\n`;
}
