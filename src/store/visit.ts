/**
 * What outlives a page view: the address, which holds settings and the first run's curves, its history, which has an entry
 * for each preset that was chosen, and live runs, of which the last left unfinished can be resumed. A link fills in the form
 * and shows its result; nothing here starts anything.
 */
import { type Ghost, ghostLimits } from '../sharing/ghost.ts';
import { asksForEmbed, decodeLink, encodeLink, type LinkContent } from '../sharing/link.ts';
import { onCurve } from '../sharing/onCurve.ts';
import { isDeepEqual } from '../spec/equal.ts';
import { detailOf } from '../spec/errors.ts';
import type { Lesson } from '../spec/lesson.ts';
import { firstPreset, presets } from '../spec/presets.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { changesBetween } from './changes.ts';
import type { Controller } from './controller.ts';
import { fromLinkShare, headlineOf, headlineValue, linkShare, onlyHeadline } from './headline.ts';
import { lessonInForce } from './lesson.ts';
import { keepPace } from './pace.ts';
import { remember, remembered } from './remembered.ts';
import { newRun, type Run, wholeSpec } from './run.ts';
import { type AppState, type AppStore, currentRun, nextSerial, notify, shownRun } from './state.ts';

const rememberEvery = 3_000;

/** Reads the address, offers what was left unfinished, and keeps both up to date from now on. */
export async function beginVisit(store: AppStore, controller: Controller): Promise<void> {
  const [left] = remembered();
  const shown = isLink(location.hash)
    ? followAddress(store, controller)
    : controller.choosePreset(store.getState().presetId);
  if (left !== undefined && !store.getState().embed) notify(store, { kind: 'resumable', left });
  // At once: the recording may be long in coming, and whoever runs something meanwhile wants it kept.
  keepUpToDate(store, controller);
  keepPace(store);
  await shown;
}

/** A link of the address may also ask for the small page. */
function followAddress(store: AppStore, controller: Controller): Promise<void> {
  store.setState({ embed: asksForEmbed(location.hash) });
  return followLink(store, controller, location.hash);
}

/** The same address without asking for the small page. */
export function wholePage(address: string): string {
  return address
    .replace(/([#&])embed=1(?=&|$)/g, '$1')
    .replace('#&', '#')
    .replace('&&', '&')
    .replace(/&$/, '');
}

/** A bare word is a place on the page, such as the target of "Skip to the picture". */
function isPlace(fragment: string): boolean {
  return /^#[\w-]*$/.test(fragment);
}

function isLink(fragment: string): boolean {
  return fragment !== '' && !isPlace(fragment);
}

/** Shows what a link holds. Where it cannot be read the page says why and shows the first preset. */
export async function followLink(store: AppStore, controller: Controller, fragment: string): Promise<void> {
  try {
    const { presetId, spec, ghost, lesson, notes } = decodeLink(fragment);
    const lines = ghost === null ? null : ghostRun(presetId, spec, ghost);
    const whole = isPreset(presetId, spec);
    // All of it is there at once, whatever the recorded run takes: nobody is to act on other settings meanwhile.
    const chosen = controller.choosePreset(presetId, whole ? null : { spec, ghost: lines });
    takeLesson(store, lesson);
    // A preset as it is has a recorded run: the link's curves are drawn under that, and the picture stays whole.
    if (whole && lines !== null) layUnder(store, { ...lines, compared: true });
    if (notes.length > 0)
      notify(store, { kind: 'dropped', fields: notes.map(({ path }) => path || 'everything') });
    await chosen;
  } catch (error) {
    notify(store, { kind: 'error', detail: detailOf(error) });
    await controller.choosePreset(store.getState().presetId);
  }
}

function takeLesson(store: AppStore, lesson: Lesson | null): void {
  store.setState({ lesson, lifted: false, ...(lesson === null ? {} : { level: lesson.level }) });
}

function isPreset(presetId: string, spec: RunSpec): boolean {
  return isDeepEqual({ ...spec, name: '' }, { ...presets.get(presetId)?.spec, name: '' });
}

function layUnder(store: AppStore, ghost: Run): void {
  store.setState(({ runs }) => ({ runs: [...runs.filter(({ origin }) => origin !== 'link'), ghost] }));
}

/** What a link asks of the page beside its run. */
type Shown = Pick<LinkContent, 'lesson' | 'embed'>;

/** The settings that the page shows, with the result of just those where `withGhost` and there is one. */
export function linkOf(state: AppState, withGhost: boolean, shown: Shown = {}): string {
  const run = shownRun(state);
  const spec =
    run === null || run.origin === 'recording' ? state.draft : { ...wholeSpec(run), name: state.draft.name };
  const ghost = withGhost ? resultOf(state) : null;
  const { fragment } = encodeLink({ presetId: state.presetId, spec, ghost, ...shown });
  return new URL(fragment, location.href).href;
}

/** What goes into a link beside its settings; null of a recording whose settings were changed since, which has another's curves. */
export function resultOf(state: AppState): Ghost | null {
  const run = shownRun(state);
  if (run === null) return null;
  const changed = run.origin === 'recording' && changesBetween(run.spec, state.draft).length > 0;
  return changed ? null : ghostOf(run);
}

/** The result of a run, small enough for an address; null before its second evaluation. */
export function ghostOf(run: Run): Ghost | null {
  // A run that was taken up was also judged where it was taken up; a link's points are evenly apart.
  const { evaluateEvery } = run.spec.training;
  const evaluations = run.log.evaluations.filter(
    ({ step }) => step % evaluateEvery === 0 || step === run.log.last?.step,
  );
  const [first, last] = [evaluations[0], evaluations.at(-1)];
  if (run.facts === null || first === undefined || last === undefined || evaluations.length < 2) return null;
  const headline = headlineOf(run.spec);
  return {
    appVersion: version,
    adapter: run.facts.adapter.name,
    teacher: run.facts.teacher.sha256.slice(0, 12),
    fingerprint: run.facts.fingerprint,
    steps: [first.step, last.step],
    curves: last.arms.slice(0, ghostLimits.curves).map((_, arm) => ({
      arm,
      values: evaluations.map(({ arms }) => {
        const evaluation = arms[arm];
        return evaluation === undefined
          ? 0
          : linkShare(headline, headlineValue(onCurve(evaluation), headline));
      }),
    })),
  };
}

const version = String(import.meta.env['VITE_VERSION'] ?? '0');

/** A run that is only its curves: what a link's reader sees under a run of their own. */
function ghostRun(presetId: string, spec: RunSpec, ghost: Ghost): Run {
  // As of any run, what was changed on the way is in its log.
  const own = { presetId, spec: { ...spec, events: [] } };
  const run = newRun({ id: `link-${nextSerial()}`, name: ghost.adapter, origin: 'link', ...own });
  for (const event of spec.events) run.log.record(event);
  const preset = presets.get(presetId);
  const [first, last] = ghost.steps;
  const points = Math.max(...ghost.curves.map(({ values }) => values.length));
  const headline = headlineOf(spec);
  for (let i = 0; i < points; i++) {
    const step = Math.round(first + ((last - first) * i) / Math.max(1, points - 1));
    const arms = spec.arms.map((_, arm) => {
      const value = ghost.curves.find((curve) => curve.arm === arm)?.values[i] ?? Number.NaN;
      return onlyHeadline(headline, fromLinkShare(headline, value));
    });
    run.log.evaluate({ step, arms });
  }
  const changes = preset === undefined ? [] : changesBetween(preset.spec, spec);
  return { ...run, changes, step: last, state: 'finished' };
}

/** The address follows the settings and the first finished run; an embedded page never writes it. */
function keepUpToDate(store: AppStore, controller: Controller): void {
  let [rememberedAt, shown, place, turning] = [0, '', placeOf(store.getState()), false];
  let here: readonly [entry: unknown, address: string] = [null, location.href.replace(/#[\w-]*$/, '')];
  // A place on the page is not kept as an address: on the way back it would not say what to show.
  const leavePlace = () => {
    const framed = store.getState().embed || window.top !== window.self;
    if (isPlace(location.hash) && !framed) history.replaceState(here[0], '', here[1]);
  };
  leavePlace();
  const write = (state: AppState) => {
    const run = shownRun(state);
    const settled = run === null || run.state !== 'playing';
    if (turning || state.embed || window.top !== window.self || !settled || run?.origin === 'link') return;
    const live = run?.origin === 'live';
    const address = linkOf(state, live, { lesson: lessonInForce(state) });
    const chosen = placeOf(state) !== place && leaves(state);
    place = placeOf(state);
    // A link's curves under a preset as it is: only the address has them.
    const whole = address.includes('&s=');
    if (!chosen && !live && !whole && state.runs.some(isLinkOf(state.presetId))) return;
    const entry = live ? entryOf(run) : null;
    if (address + entry === shown) return;
    shown = address + entry;
    try {
      if (chosen) history.pushState(entry, '', address);
      // A preset as it is needs no address, unless the page has one that tells of something else.
      else if (live || whole || location.hash !== '') history.replaceState(entry, '', address);
      else return;
      here = [entry, address];
    } catch {
      // A browser takes only so many in a time; what changes next is written with this.
      shown = '';
    }
  };
  store.subscribe((state, before) => {
    const [run, left] = [currentRun(state), currentRun(before)];
    // The last of it, which may be seconds after it was last written down.
    if (left?.origin === 'live' && left.facts !== null && left.id !== run?.id) remember(left);
    if (run?.origin === 'live' && run.facts !== null) {
      const now = performance.now();
      const due = now - rememberedAt > rememberEvery || run.state !== 'playing';
      if (due) {
        rememberedAt = now;
        remember(run);
      }
    }
    write(state);
  });
  // Also where a link is typed or pressed in the open page. Nothing is written before the page shows what the entry tells of.
  addEventListener('popstate', ({ state }) => {
    if (isPlace(location.hash)) return leavePlace();
    if (location.href + state === shown || location.href + state === here[1] + here[0]) return;
    here = [state, location.href];
    turning = true;
    turnTo(store, controller, state);
    [turning, shown] = [false, ''];
  });
}

/** Shows what an entry of the history tells of: its live run where the page still has that, else what its address says. */
function turnTo(store: AppStore, controller: Controller, entry: unknown): void {
  const { hash } = location;
  const run = store.getState().runs.find((one) => entryOf(one) === entry);
  if (run !== undefined) {
    takeLesson(store, decodeLink(hash).lesson);
    controller.show(run.id);
  } else if (isLink(hash)) void followAddress(store, controller);
  else void controller.choosePreset(firstPreset);
}

/** Names a run in an entry of the history; that of another visit names none, though its number may come again. */
function entryOf({ id }: Run): string {
  return `${performance.timeOrigin} ${id}`;
}

/** Another preset or another task is another place: one goes back from there. */
function placeOf({ presetId, draft }: Pick<AppState, 'presetId' | 'draft'>): string {
  return `${presetId} ${draft.data.task}`;
}

/** Whether the address tells of another place than is shown. One that cannot be read is not worth going back to. */
function leaves(state: AppState): boolean {
  const { hash } = location;
  try {
    const { presetId, spec } = decodeLink(isLink(hash) ? hash : `#preset=${firstPreset}`);
    return placeOf(state) !== placeOf({ presetId, draft: spec });
  } catch {
    return false;
  }
}

function isLinkOf(id: string): (run: Run) => boolean {
  return ({ origin, presetId }) => origin === 'link' && presetId === id;
}
