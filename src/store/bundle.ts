/**
 * The files of a run in one archive: those of the engine for every arm, and what the page alone knows. Of a recording
 * there are its settings and what was measured. It saves nothing and has no words.
 */
import { type Export, exportsOf } from '../protocol/commands.ts';
import { armFolder, seedsCsv, type ZipFile, zipped } from '../sharing/bundle.ts';
import { metricsCsv } from '../sharing/metricsCsv.ts';
import type { ErrorDetail } from '../spec/errors.ts';
import type { ArmSpec, RunSpec } from '../spec/runSpec.ts';
import { headlineOf } from './headline.ts';
import { type Run, wholeSpec } from './run.ts';
import { type AppStore, currentRun, notify } from './state.ts';
import { sweepTable } from './sweepView.ts';

export interface BundleSource {
  /** A file of the live run; null where there is none: why has been told. */
  exported(what: Export, arm: number): Promise<{ readonly name: string; readonly bytes: Bytes } | null>;
  /** A file that lies beside the page; null where there is none. */
  asset(path: string): Promise<Bytes | null>;
}

type Bytes = Uint8Array<ArrayBuffer>;

/** Files of a run that stands still: none, and why, once it has gone on or another is shown. */
export function standing(
  store: AppStore,
  { exportRun }: { exportRun(what: Export, arm: number): ReturnType<BundleSource['exported']> },
  { id }: Run,
): BundleSource['exported'] {
  let first: number | null = null;
  return async (what, arm) => {
    const file = await exportRun(what, arm);
    const now = currentRun(store.getState());
    first ??= now?.step ?? null;
    if (now?.id === id && now.step === first && now.state !== 'playing') return file;
    notify(store, { kind: 'error', detail: moved });
    return null;
  };
}

const moved: ErrorDetail = {
  code: 'bundle-moved',
  problem: 'The run went on, or another was chosen, while its files were put together',
  remedy: 'Save everything again, and let it stand until that is done',
};

/** What a file is, for the README to put into words. */
export type BundleAbout = Export | 'spec' | 'seeds' | 'sweep' | 'card';

export interface BundleFile extends ZipFile {
  readonly about: BundleAbout;
}

/**
 * The archive; null where a file of the run could not be had. `readme` puts its files into words. The run should stand
 * still, so that all of them are of one step.
 */
export async function bundleOf(
  run: Run,
  source: BundleSource,
  readme: (files: readonly BundleFile[]) => string,
): Promise<Bytes | null> {
  const own = run.origin === 'live' ? await liveFiles(run, source) : [recordedMetrics(run)];
  if (own === null) return null;
  const spec = wholeSpec(run);
  const settings: BundleFile = {
    path: 'spec.json',
    about: 'spec',
    bytes: encoded(`${JSON.stringify(spec, null, 2)}\n`),
  };
  const files = [...own, settings, ...seeds(run), ...sweep(run), ...(await cards(spec, source))];
  // Those of the run before those of its students.
  files.sort((a, b) => a.path.split('/').length - b.path.split('/').length);
  return zipped([{ path: 'README.txt', bytes: encoded(readme(files)) }, ...files]);
}

/** Those of the run once, those of a student for each arm. */
async function liveFiles({ spec, log }: Run, source: BundleSource): Promise<BundleFile[] | null> {
  const files: BundleFile[] = [];
  const take = async (what: Export, arm: number, folder: string): Promise<boolean> => {
    const file = await source.exported(what, arm);
    if (file !== null) files.push({ path: folder + file.name, about: what, bytes: file.bytes });
    return file !== null;
  };
  for (const what of exportsOf(spec)) {
    if (ofTheRun.has(what)) {
      if (!(await take(what, 0, ''))) return null;
      continue;
    }
    for (const [arm, own] of spec.arms.entries()) {
      // An arm that no copy teaches keeps none.
      if (what === 'onnx_average' && log.last?.arms[arm]?.average === undefined) continue;
      if (!(await take(what, arm, `${armFolder(arm, nameOf(own))}/`))) return null;
    }
  }
  return files;
}

const ofTheRun: ReadonlySet<Export> = new Set(['metrics', 'receipt']);

/** As the engine would write it, of the steps that the recording kept. */
function recordedMetrics({ spec, log }: Run): BundleFile {
  const { rows, evaluations } = log;
  const steps = Array.from(rows.steps);
  const values = steps.map((_, at) => spec.arms.map((__, arm) => rows.row(arm, at)));
  const whole = { arms: spec.arms.map(nameOf), steps, values, evaluations };
  return { path: 'metrics.csv', about: 'metrics', bytes: encoded(metricsCsv(whole, spec.training.steps)) };
}

function seeds({ spec, log }: Run): readonly BundleFile[] {
  const finished = log.replicates.filter((one) => one.finished);
  if (finished.length === 0) return [];
  const csv = seedsCsv(spec.arms.map(nameOf), finished, headlineOf(spec).kind);
  return [{ path: 'seeds.csv', about: 'seeds', bytes: encoded(csv) }];
}

function sweep({ log }: Run): readonly BundleFile[] {
  if (log.sweep === null || log.sweep.runs.length === 0) return [];
  return [{ path: 'sweep.csv', about: 'sweep', bytes: encoded(sweepTable(log.sweep)) }];
}

/** Of the teachers that ship with the page. */
async function cards({ teacher }: RunSpec, source: BundleSource): Promise<readonly BundleFile[]> {
  const members = teacher.source === 'several' ? teacher.members : [teacher];
  const ids = new Set(members.flatMap((one) => (one.source === 'builtin' ? [one.id] : [])));
  const found = await Promise.all(
    [...ids].map(async (id): Promise<readonly BundleFile[]> => {
      const bytes = await source.asset(`teachers/${encodeURIComponent(id)}.json`);
      return bytes === null ? [] : [{ path: `teachers/${id}.json`, about: 'card', bytes }];
    }),
  );
  return found.flat();
}

function nameOf(arm: ArmSpec): string {
  return arm.name ?? arm.kind;
}

function encoded(text: string): Bytes {
  return new TextEncoder().encode(text);
}
