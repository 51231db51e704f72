/** All files of the current run as one archive in the user's downloads, with a README that says what each of them is. */
import { linkEvents } from '../spec/limits.ts';
import { type BundleFile, type BundleSource, bundleOf, standing } from '../store/bundle.ts';
import type { Controller } from '../store/controller.ts';
import { wholeSpec } from '../store/run.ts';
import { openAsset } from '../store/sources.ts';
import { type AppState, type AppStore, currentRun } from '../store/state.ts';
import { linkOf } from '../store/visit.ts';
import { d, maybeDialog } from './dialogWords.ts';
import { saveFile } from './saveFile.ts';

export async function saveBundle(store: AppStore, controller: Controller): Promise<void> {
  const before = store.getState();
  const run = currentRun(before);
  if (run === null) return;
  if (run.state === 'playing') controller.pause();
  const exportRun: BundleSource['exported'] = (what, arm) => controller.exportRun(what, arm);
  const exported = standing(store, { exportRun }, run);
  // By then it has come to rest, and says where.
  const readme = (files: readonly BundleFile[]) =>
    readmeOf({ ...before, runs: store.getState().runs }, files);
  const bytes = await bundleOf(run, { exported, asset: openAsset }, readme);
  if (bytes !== null) saveFile(`${run.name.replace(/[^\w-]+/g, '-')}.zip`, 'application/zip', bytes);
}

function readmeOf(state: AppState, files: readonly BundleFile[]): string {
  const run = currentRun(state);
  if (run === null) return '';
  const { events, training, teacher, data } = wholeSpec(run);
  const adapter = run.facts?.adapter.name ?? '';
  const live = run.origin === 'live';
  const standing = { step: run.step, steps: training.steps, adapter };
  const own = ['file', 'several'].includes(teacher.source) || ['file', 'text'].includes(data.task);
  const width = Math.max(...files.map(({ path }) => path.length)) + 2;
  return [
    d('bundle.title', { name: run.name }),
    d(live ? 'bundle.standing' : 'bundle.recorded', standing),
    '',
    d('bundle.again'),
    `    npm run distill -- --spec ${live ? 'run.json' : 'spec.json'}`,
    ...(own ? [d('bundle.ownFiles')] : []),
    '',
    d('bundle.link'),
    `    ${linkOf(state, true)}`,
    ...(events.length > linkEvents ? [d('bundle.events', { most: linkEvents, n: events.length })] : []),
    '',
    ...files.map(({ path, about }) => path.padEnd(width) + (maybeDialog(`bundle.file.${about}`) ?? '')),
    '',
  ].join('\r\n');
}
