/**
 * The small page that stands in a frame of another: what the run says, its picture, one chart, Play, and the way to the
 * whole page. It plays what was recorded; it trains nothing and writes no address.
 */
import './styles/embed.css';
import { useSyncExternalStore } from 'react';
import { isText } from '../spec/runSpec.ts';
import { headlineOf } from '../store/headline.ts';
import type { Run } from '../store/run.ts';
import { wholePage } from '../store/visit.ts';
import { Announcer } from './Announcer.tsx';
import { useController, useRun } from './appContext.tsx';
import { Chart } from './Chart.tsx';
import { Legend } from './Curves.tsx';
import { d } from './dialogWords.ts';
import { Hero } from './Hero.tsx';
import { PauseIcon, PlayIcon } from './icons.tsx';
import { late } from './late.tsx';
import { MastheadWords } from './Masthead.tsx';
import { Notices } from './Notices.tsx';
import { NotRun } from './NotRun.tsx';
import { ShownRun } from './ShownRun.tsx';
import { Stage } from './Stage.tsx';
import { t } from './text.ts';

const LanguageStage = late(() =>
  import('./language/LanguageStage.tsx').then((module) => module.LanguageStage),
);

/** Where picture and chart stand one under the other in a low frame, as embed.css has it, the chart is low as well. */
const low = globalThis.matchMedia?.('(max-width: 619px) and (max-height: 480px)');
const chartHeight = { low: 96, high: 150 } as const;

function useLow(): boolean {
  return useSyncExternalStore(watchLow, () => low?.matches === true);
}

function watchLow(listener: () => void): () => void {
  low?.addEventListener('change', listener);
  return () => low?.removeEventListener('change', listener);
}

export function Embed() {
  const run = useRun();
  return (
    <div className="embed">
      <header className="embed-head">
        <h1 className="visually-hidden">Stillroom</h1>
        <MastheadWords />
        <div className="embed-acts">
          <PlayButton run={run} />
          {/* Read anew each time the page is shown otherwise: the frame's owner may have given it another address. */}
          <a className="button" href={wholePage(location.href)} target="_blank" rel="noopener">
            {d('embed.open')}
          </a>
        </div>
      </header>
      <Notices />
      <main className="see embed-body">
        {run === null ? <NotRun>{d('embed.nothing')}</NotRun> : <Shown run={run} />}
      </main>
      <Announcer />
    </div>
  );
}

function Shown({ run }: { run: Run }) {
  const headline = headlineOf(run.spec).kind === 'loss' ? 'languageLoss' : 'headline';
  return (
    <>
      <div className="embed-picture">
        <Picture run={run} />
      </div>
      <section className="card curves" aria-label={t('curves.title')}>
        <Chart chart={headline} run={run} height={useLow() ? chartHeight.low : chartHeight.high} />
        <Legend run={run} everywhere={false} />
      </section>
    </>
  );
}

/** The plane where there is one, a held-out text where there are texts, else one sample as every model sees it. */
function Picture({ run }: { run: Run }) {
  if (run.facts === null) return null;
  if (isText(run.spec.data)) return <LanguageStage run={run} />;
  return run.facts.inputShape.length < 2 ? <Stage run={run} /> : <Hero run={run} />;
}

/** Curves that a link brought are whole already, and a run of them would be a live one. */
function PlayButton({ run }: { run: Run | null }) {
  const controller = useController();
  if (run?.origin !== 'recording') return null;
  const playing = run.state === 'playing';
  return (
    <>
      <button type="button" onClick={() => (playing ? controller.pause() : void controller.play())}>
        {playing ? <PauseIcon /> : <PlayIcon />}
        {t(playing ? 'bar.pause' : 'bar.play')}
      </button>
      <ShownRun run={run} />
    </>
  );
}
