/** The bar on top: which run and preset, the transport, how it goes, how much is shown, theme and Share. */
import { type ReactNode, useEffect, useRef } from 'react';
import type { RunFacts } from '../protocol/events.ts';
import { presets } from '../spec/presets.ts';
import { repeats } from '../store/repetition.ts';
import type { Run } from '../store/run.ts';
import { levels, runState, type Theme } from '../store/state.ts';
import { useApp, useAppStore, useController, useRun } from './appContext.tsx';
import {
  CloseIcon,
  MoonIcon,
  PauseIcon,
  PlayIcon,
  RewindIcon,
  ShareIcon,
  StepIcon,
  SunIcon,
} from './icons.tsx';
import { useHidden, useLocked } from './Lockable.tsx';
import { ShownRun } from './ShownRun.tsx';
import { adapterName, bytes, t, timeLeft } from './text.ts';
import { resolveTheme } from './theme.ts';

export function Bar() {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => tellHeight(element.current), []);
  return (
    <div ref={element} className="bar" role="banner">
      <RunAndPreset />
      <Strip />
      <ReadOuts />
      <div className="bar-end">
        <LevelChoice />
        <ThemeToggle />
        <LeavePresenting />
        <ShareButton />
      </div>
    </div>
  );
}

/** What stays below it must know whether it has one row or two. */
function tellHeight(bar: HTMLElement | null): (() => void) | undefined {
  if (bar === null) return undefined;
  const { style } = document.documentElement;
  const observer = new ResizeObserver(() => style.setProperty('--below-bar', `${bar.offsetHeight}px`));
  observer.observe(bar);
  return () => observer.disconnect();
}

function RunAndPreset() {
  const run = useRun();
  const presetId = useApp((state) => state.presetId);
  const own = useApp((state) => ['file', 'text'].includes(state.draft.data.task));
  const controller = useController();
  const locked = useLocked('preset');
  return (
    <div className="bar-run">
      <h1 className="wordmark">Stillroom</h1>
      <label>
        <span className="visually-hidden">{t('bar.preset')}</span>
        <select
          disabled={locked}
          title={locked ? t('locked.reason') : undefined}
          value={own ? 'own' : presetId}
          onChange={(event) => {
            if (presets.has(event.currentTarget.value))
              void controller.choosePreset(event.currentTarget.value);
          }}
        >
          {[...presets.values()].map((preset) => (
            <option key={preset.id} value={preset.id}>
              {preset.title}
            </option>
          ))}
          {own ? <option value="own">{t('masthead.own')}</option> : null}
        </select>
      </label>
      {run?.origin !== 'live' ? null : (
        <span className="run-name" title={run.name}>
          {run.name}
        </span>
      )}
    </div>
  );
}

/** Where the page is narrow this stays at the lower edge, whatever is looked at. */
function Strip() {
  const run = useRun();
  return (
    <div className="bar-strip">
      <Transport />
      {run === null ? null : <ShownRun run={run} />}
    </div>
  );
}

function Transport() {
  const controller = useController();
  const state = useApp(runState);
  const busy = useApp((app) => app.activity !== 'idle');
  const awaited = useApp((app) => app.awaited);
  const run = useRun();
  const finished = state === 'finished' && run?.origin === 'live';
  // Of curves that a link brought there is nothing to step through; Play runs them live, as it does what nobody has run.
  const curvesOnly = run?.origin === 'link';
  const again = useApp(repeats);
  return (
    <div className="transport" role="group" aria-label={t('bar.transport')}>
      {state === 'playing' || again ? (
        <button type="button" onClick={() => controller.pause()}>
          <PauseIcon />
          <span className="transport-word">{t('bar.pause')}</span>
        </button>
      ) : (
        <button
          type="button"
          disabled={busy || awaited || finished}
          title={finished ? t('bar.finished') : undefined}
          onClick={() => void controller.play()}
        >
          <PlayIcon />
          <span className="transport-word">{t('bar.play')}</span>
        </button>
      )}
      <button
        type="button"
        disabled={busy || run === null || finished || again || curvesOnly}
        onClick={() => controller.step()}
      >
        <StepIcon />
        <span className="bar-word">{t('bar.step')}</span>
      </button>
      <button
        type="button"
        disabled={busy || run === null || run.step === 0 || curvesOnly}
        onClick={() => controller.rewind()}
      >
        <RewindIcon />
        <span className="bar-word">{t('bar.rewind')}</span>
      </button>
    </div>
  );
}

function ReadOuts() {
  const run = useRun();
  const level = useApp((state) => state.level);
  const speed = useApp((state) => state.samplesPerSecond);
  if (run === null) return null;
  const { facts } = run;
  const left =
    run.origin === 'live' && run.state === 'playing' && speed > 0 ? timeLeft(samplesLeft(run) / speed) : null;
  // Of the build and the adapter that made the recording, not of this one.
  const remembered = run.origin === 'recording' ? 'bar.memoryRecorded' : 'bar.memory';
  const more =
    facts === null ? null : (
      <>
        {run.origin === 'live' && speed > 0 ? <span>{speedText(facts, speed)}</span> : null}
        <span>{t(remembered, { size: bytes(facts.memory) })}</span>
        <span className="bar-adapter" title={adapterName(facts)}>
          {adapterName(facts)}
        </span>
      </>
    );
  return (
    <div className="readouts">
      {left === null ? null : <span className="bar-left">{left}</span>}
      {more === null ? null : (
        <>
          {level === 'learn' ? null : <div className="bar-facts">{more}</div>}
          <More everywhere={level === 'learn'}>
            {run.origin === 'live' ? <span className="where-narrow">{run.name}</span> : null}
            {left === null ? null : <span className="where-narrow">{left}</span>}
            {more}
          </More>
        </>
      )}
    </div>
  );
}

/** What the bar has no room for, at this level or this width. Leaving it closes it. */
function More({ everywhere, children }: { everywhere: boolean; children: ReactNode }) {
  return (
    <details
      className={everywhere ? 'popover' : 'popover is-narrow'}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) event.currentTarget.open = false;
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') event.currentTarget.open = false;
      }}
    >
      <summary>{t('bar.more')}</summary>
      <div className="popover-body card">{children}</div>
    </details>
  );
}

function samplesLeft({ step, spec }: Run): number {
  const { steps, batch, accumulate } = spec.training;
  return (steps - step) * batch * accumulate;
}

/** Samples, or tokens where a sample is a text. */
function speedText({ positions = 1 }: RunFacts, samples: number): string {
  return positions === 1 ? t('bar.speed', { n: samples }) : t('bar.tokens', { n: samples * positions });
}

function LevelChoice() {
  const level = useApp((state) => state.level);
  const store = useAppStore();
  if (useHidden('levels')) return null;
  return (
    <fieldset className="segmented">
      <legend className="visually-hidden">{t('bar.level')}</legend>
      {levels.map((one) => (
        <label key={one}>
          <input
            type="radio"
            name="level"
            className="visually-hidden"
            checked={one === level}
            onChange={() => store.setState({ level: one })}
          />
          <span>{t(`level.${one}`)}</span>
        </label>
      ))}
    </fieldset>
  );
}

function ThemeToggle() {
  const theme = useApp((state) => state.theme);
  const store = useAppStore();
  const next: Theme = resolveTheme(theme) === 'dark' ? 'light' : 'dark';
  return (
    <button
      type="button"
      className="plain icon-only"
      aria-label={t(`bar.theme.${next}`)}
      title={t(`bar.theme.${next}`)}
      onClick={() => store.setState({ theme: next })}
    >
      {next === 'dark' ? <MoonIcon /> : <SunIcon />}
    </button>
  );
}

/** The way out without the key. */
function LeavePresenting() {
  const presenting = useApp((state) => state.presenting);
  const store = useAppStore();
  if (!presenting) return null;
  return (
    <button
      type="button"
      className="plain icon-only"
      aria-label={t('bar.leavePresenting')}
      title={t('bar.leavePresenting')}
      onClick={() => store.setState({ presenting: false })}
    >
      <CloseIcon />
    </button>
  );
}

function ShareButton() {
  const store = useAppStore();
  return (
    <button type="button" onClick={() => store.setState({ dialog: 'share' })}>
      <ShareIcon />
      <span className="bar-word">{t('bar.share')}</span>
    </button>
  );
}
