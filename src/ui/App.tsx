/** The frame of the page: bar, notices, the three columns (or tabs where it is narrow), runs, dialogs. */
import { type MouseEvent, useEffect } from 'react';
import { flushSync } from 'react-dom';
import type { LessonPart } from '../spec/lesson.ts';
import { isText } from '../spec/runSpec.ts';
import { hasWords, lessonInForce } from '../store/lesson.ts';
import type { Run } from '../store/run.ts';
import type { AppState, DialogName, Tab } from '../store/state.ts';
import { Announcer } from './Announcer.tsx';
import { useApp, useAppStore, useController, useRun } from './appContext.tsx';
import { Bar } from './Bar.tsx';
import { Curves } from './Curves.tsx';
import { listenToDrops } from './fileDrop.ts';
import { Gate } from './Gate.tsx';
import { Hero } from './Hero.tsx';
import { listenToKeys } from './keys.ts';
import { Lesson, LessonStrip, WordsFirst } from './Lesson.tsx';
import { Lockable, useHidden } from './Lockable.tsx';
import { LostDialog, late } from './late.tsx';
import { Masthead } from './Masthead.tsx';
import { Flasher, Notices } from './Notices.tsx';
import { NotRun, WatchRecording } from './NotRun.tsx';
import { Sizes } from './Sizes.tsx';
import { Stage } from './Stage.tsx';
import { t } from './text.ts';
import { keepTheme } from './theme.ts';
import { VerdictPanel } from './VerdictPanel.tsx';
import { What } from './What.tsx';

const ShareDialog = late(() => import('./ShareDialog.tsx').then((module) => module.ShareDialog), {
  lost: LostDialog,
});
const HelpDialog = late(() => import('./HelpDialog.tsx').then((module) => module.HelpDialog), {
  lost: LostDialog,
});
const BringDialog = late(() => import('./BringDialog.tsx').then((module) => module.BringDialog), {
  lost: LostDialog,
});
const CatalogueDialog = late(
  () => import('./lab/CatalogueDialog.tsx').then((module) => module.CatalogueDialog),
  { lost: LostDialog },
);
const VerifyDialog = late(() => import('./lab/VerifyDialog.tsx').then((module) => module.VerifyDialog), {
  lost: LostDialog,
});
const FailuresDialog = late(
  () => import('./lab/FailuresDialog.tsx').then((module) => module.FailuresDialog),
  { lost: LostDialog },
);
const FormulaCard = late(() => import('./lab/FormulaCard.tsx').then((module) => module.FormulaCard));
const LanguageStage = late(() =>
  import('./language/LanguageStage.tsx').then((module) => module.LanguageStage),
);
const LanguageMore = late(() => import('./language/LanguageMore.tsx').then((module) => module.LanguageMore));
const WhyFormula = late(() => import('./lab/WhyFormula.tsx').then((module) => module.WhyFormula));
const Embed = late(() => import('./Embed.tsx').then((module) => module.Embed));
const RunsTable = late(() => import('./RunsTable.tsx').then((module) => module.RunsTable));
const SweepCard = late(() => import('./lab/SweepCard.tsx').then((module) => module.SweepCard));
const LossLens = late(() => import('./lab/LossLens.tsx').then((module) => module.LossLens));

export function App() {
  const embed = useApp((state) => state.embed);
  const theme = useApp((state) => state.theme);
  useEffect(() => keepTheme(theme), [theme]);
  if (!embed) return <WholePage />;
  return <Embed />;
}

function WholePage() {
  const tab = useApp((state) => state.tab);
  const without = useWithout();
  useChrome();
  return (
    <>
      <SkipLink />
      <Bar />
      <Notices />
      <LessonStrip />
      <Tabs without={without} />
      <main className="shell" data-tab={without.includes(tab) ? 'see' : tab} data-without={without.join(' ')}>
        <div className="columns">
          {without.includes('what') ? null : (
            <section className="column what" aria-label={t('app.what')}>
              <What />
            </section>
          )}
          <section className="column see" id="see" tabIndex={-1} aria-label={t('app.see')}>
            <WordsFirst />
            <Masthead />
            <Gate />
            <See />
          </section>
          {without.includes('why') ? null : (
            <section className="column why" aria-label={t('app.why')}>
              <Why />
            </section>
          )}
        </div>
        <div className="column below">
          <Sweep />
          <Runs />
        </div>
      </main>
      <Footer />
      <Dialogs />
      <Announcer />
      <Flasher />
    </>
  );
}

/** Leads to the picture, whichever tab it is in, and leaves the address and the history alone. */
function SkipLink() {
  const store = useAppStore();
  const skip = (event: MouseEvent) => {
    event.preventDefault();
    flushSync(() => store.setState({ tab: 'see' }));
    document.getElementById('see')?.focus();
  };
  return (
    // biome-ignore lint/a11y/useValidAnchor: it leads to a place on the page; only a link may stand before all landmarks.
    <a className="skip" href="#see" onClick={skip}>
      {t('app.skip')}
    </a>
  );
}

const columns: Readonly<Record<'what' | 'why', readonly LessonPart[]>> = {
  what: ['loss', 'data', 'teacher', 'student', 'optimiser', 'bring'],
  why: ['verdict', 'sizes', 'formula', 'lesson'],
};

/** Columns of which a lesson leaves nothing. */
function useWithout(): readonly Tab[] {
  const lesson = useApp(lessonInForce);
  if (lesson === null) return [];
  const own = hasWords(lesson);
  const emptied = (column: keyof typeof columns) =>
    columns[column].every((part) => lesson.hide.includes(part));
  return [...(emptied('what') ? ['what' as const] : []), ...(emptied('why') && !own ? ['why' as const] : [])];
}

function See() {
  const run = useRun();
  const preparing = useApp((state) => state.activity !== 'idle');
  const before = useApp(runBefore);
  if (run !== null && (run.facts !== null || run.origin === 'link')) return <Picture run={run} />;
  return (
    <>
      {!preparing ? (
        <>
          <NotRun>{t('app.runIt')}</NotRun>
          <OwnLoss />
        </>
      ) : before === null ? (
        <p className="card empty quiet">{t('app.preparing')}</p>
      ) : (
        <div className="column is-before" inert>
          <Picture run={before} />
        </div>
      )}
    </>
  );
}

/** The latest run of the same kind that has a picture: it stays in sight, faded, until the next one has its own. */
function runBefore({ runs, currentId, presetId, draft }: AppState): Run | null {
  const alike = (run: Run) => run.presetId === presetId && run.spec.data.task === draft.data.task;
  return runs.findLast((run) => run.id !== currentId && run.facts !== null && alike(run)) ?? null;
}

function Picture({ run }: { run: Run }) {
  const noHero = useHidden('hero');
  const noStage = useHidden('stage');
  const lab = useApp((state) => state.level === 'lab');
  const curves = useHidden('curves') ? null : <Curves run={run} />;
  if (isText(run.spec.data)) {
    return (
      <>
        {noHero ? null : <LanguageStage run={run} />}
        <OwnLoss />
        {curves}
        {noStage ? null : <LanguageMore run={run} />}
      </>
    );
  }
  const plane = run.facts !== null && run.facts.inputShape.length < 2;
  const hero = (
    <>
      {noHero ? null : <Hero run={run} />}
      <LabPicture run={run} />
    </>
  );
  const stage = noStage ? null : <Stage run={run} />;
  return (
    <>
      {plane ? stage : hero}
      {/* In the laboratory the losses come before the curves, which are many there. */}
      {plane && lab ? hero : null}
      {curves}
      {/* Curves that a link brought have no picture of their own; the preset that they came from has one. */}
      {run.origin === 'link' ? <WatchRecording /> : !plane ? stage : lab ? null : hero}
    </>
  );
}

function LabPicture({ run }: { run: Run }) {
  const level = useApp((state) => state.level);
  if (useHidden('formula') || level !== 'lab') return null;
  return (
    <>
      <OwnLoss />
      <LossLens run={run} />
    </>
  );
}

/** The laboratory's card of a loss that is a formula: also of texts, and before anything has run. */
function OwnLoss() {
  const level = useApp((state) => state.level);
  if (useHidden('formula') || level !== 'lab') return null;
  return (
    <Lockable path="objective.terms">
      <FormulaCard />
    </Lockable>
  );
}

function Why() {
  const run = useRun();
  const tinker = useApp((state) => state.level === 'tinker' && state.draft.teacher.source !== 'none');
  const [noVerdict, noSizes, noFormula] = [useHidden('verdict'), useHidden('sizes'), useHidden('formula')];
  // What a teacher wrote for a class is read before anything else.
  const own = useApp((state) => hasWords(lessonInForce(state)));
  return (
    <>
      {own ? <Lesson run={run} /> : null}
      {run === null || noVerdict ? null : <VerdictPanel run={run} />}
      {run === null || noSizes ? null : <Sizes run={run} />}
      {tinker && !noFormula ? <WhyFormula /> : null}
      {own ? null : <Lesson run={run} />}
    </>
  );
}

function Sweep() {
  const run = useRun();
  const learn = useApp((state) => state.level === 'learn');
  const hidden = useHidden('verdict');
  if (run === null || learn || hidden) return null;
  return <SweepCard run={run} />;
}

/** From the second run on. */
function Runs() {
  const several = useApp((state) => state.runs.length > 1);
  const hidden = useHidden('runs');
  if (!several || hidden) return null;
  return <RunsTable />;
}

const tabs: readonly Tab[] = ['what', 'see', 'why'];

/** Only where the page is narrow. */
function Tabs({ without }: { without: readonly Tab[] }) {
  const tab = useApp((state) => state.tab);
  const store = useAppStore();
  return (
    <nav className="tabs" aria-label={t('app.tabs')}>
      {tabs
        .filter((one) => !without.includes(one))
        .map((one) => (
          <button
            key={one}
            type="button"
            aria-current={one === tab ? 'page' : undefined}
            onClick={() => store.setState({ tab: one })}
          >
            {t(`tab.${one}`)}
          </button>
        ))}
    </nav>
  );
}

function Footer() {
  const store = useAppStore();
  return (
    <footer className="footer quiet">
      <p>{t('app.footer')}</p>
      <button type="button" className="plain" onClick={() => store.setState({ dialog: 'help' })}>
        {t('app.help')}
      </button>
    </footer>
  );
}

function Dialogs() {
  const dialog = useApp((state) => state.dialog);
  if (dialog === null) return null;
  return <OpenDialog name={dialog} />;
}

function OpenDialog({ name }: { name: DialogName }) {
  switch (name) {
    case 'share':
      return <ShareDialog />;
    case 'help':
      return <HelpDialog />;
    case 'bring':
      return <BringDialog />;
    case 'catalogue':
      return <CatalogueDialog />;
    case 'verify':
      return <VerifyDialog />;
    case 'failures':
      return <FailuresDialog />;
  }
}

/** What lies on the document itself: present mode, keys, dropped files. */
function useChrome(): void {
  const store = useAppStore();
  const controller = useController();
  const presenting = useApp((state) => state.presenting);
  useEffect(() => {
    document.documentElement.dataset['present'] = String(presenting);
  }, [presenting]);
  useEffect(() => listenToKeys(store, controller), [store, controller]);
  useEffect(() => listenToDrops(store), [store]);
  useEffect(() => {
    void import('./keepFocus.ts').then(({ keepFocus }) => keepFocus());
  }, []);
}
