/**
 * A chart with its title, a read-out at the cursor, keys that move it, and the same numbers as a table. Fed from a
 * run's log by subscription: new points never pass through React.
 */
import { useCallback, useEffect, useId, useRef, useState } from 'react';
import { type ChartData, type ChartId, chartData, type Trace } from '../store/curves.ts';
import type { Run } from '../store/run.ts';
import { useApp } from './appContext.tsx';
import { ChartTable } from './ChartTable.tsx';
import type { ChartView } from './chartView.ts';
import { chartTitle, drawnAs, formatOf, nameOf } from './chartWords.ts';
import { Lost } from './late.tsx';
import { count, t } from './text.ts';
import { useGhosts } from './useGhosts.ts';
import { useResolvedTheme } from './useResolvedTheme.ts';

/** On its way while the page is put together: the first paint waits for words, not for lines. */
let drawing = import('./chartView.ts');
// Where it is asked for, it is said.
drawing.catch(() => undefined);

interface Props {
  readonly chart: ChartId;
  readonly run: Run;
  readonly height: number;
}

export function Chart({ chart, run, height }: Props) {
  const id = useId();
  const host = useRef<HTMLDivElement>(null);
  const slider = useRef<HTMLDivElement>(null);
  const readout = useRef<HTMLParagraphElement>(null);
  const view = useRef<ChartView | null>(null);
  const ghosts = useGhosts(run);
  const offset = useApp((state) => state.view.offset);
  const theme = useResolvedTheme();
  const presenting = useApp((state) => state.presenting);
  const [open, setOpen] = useState(false);
  const [lost, setLost] = useState(false);
  const read = useCallback(() => chartData(chart, run, ghosts, offset), [chart, run, ghosts, offset]);
  const latest = useRef(read);
  latest.current = read;

  // A chart is made anew only for another run or measure; newer data reach it by `latest`.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the run is its id, log and facts
  useEffect(() => {
    if (lost) return;
    let end: (() => void) | null = () => undefined;
    const begin = ({ ChartView }: Awaited<typeof drawing>) => {
      if (host.current === null || end === null) return;
      const made = new ChartView(host.current, {
        ...drawnAs(chart, run),
        height,
        onCursor: (step) => tell(step, latest.current(), chart, run, readout.current, slider.current),
      });
      view.current = made;
      const draw = () => made.update(latest.current());
      draw();
      const stop = run.log.subscribe(draw);
      end = () => {
        stop();
        made.destroy();
        view.current = null;
      };
    };
    drawing.then(begin, () => setLost(end !== null));
    return () => {
      end?.();
      end = null;
    };
  }, [chart, run.id, run.log, run.facts, height, lost]);

  useEffect(() => view.current?.update(read()), [read]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: both change what the style sheet says
  useEffect(() => view.current?.restyle(), [theme, presenting]);

  const again = () => {
    drawing = import('./chartView.ts');
    setLost(false);
  };
  const move = (event: React.KeyboardEvent) => {
    const by = cursorKeys.get(event.key);
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    view.current?.moveCursor(by);
  };
  return (
    <figure className="chart" aria-labelledby={`${id}-title`}>
      <div className="chart-head">
        <h3 id={`${id}-title`}>{chartTitle(chart, run)}</h3>
        <p ref={readout} className="chart-readout" aria-hidden="true" />
      </div>
      {lost ? (
        <Lost again={again} />
      ) : (
        <div
          ref={slider}
          className="chart-host"
          role="slider"
          tabIndex={0}
          aria-label={t('chart.cursor', { title: chartTitle(chart, run) })}
          aria-valuemin={0}
          aria-valuemax={run.spec.training.steps}
          aria-valuenow={run.step}
          aria-valuetext={t('chart.step', { step: run.step })}
          onKeyDown={move}
        >
          <div ref={host} className="chart-canvas" style={{ minHeight: `${height / 16}rem` }} />
        </div>
      )}
      <details className="chart-table" onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{t('chart.table')}</summary>
        {open ? <ChartTable chart={chart} run={run} ghosts={ghosts} offset={offset} /> : null}
      </details>
    </figure>
  );
}

const cursorKeys: ReadonlyMap<string, number | 'first' | 'last'> = new Map<string, number | 'first' | 'last'>(
  [
    ['ArrowRight', 1],
    ['ArrowUp', 1],
    ['ArrowLeft', -1],
    ['ArrowDown', -1],
    ['PageUp', 10],
    ['PageDown', -10],
    ['Home', 'first'],
    ['End', 'last'],
  ],
);

/** Writes what is under the cursor into the read-out and the slider's value, past React. */
function tell(
  step: number | null,
  data: ChartData,
  chart: ChartId,
  run: Run,
  readout: HTMLElement | null,
  slider: HTMLElement | null,
): void {
  if (readout === null || slider === null) return;
  if (step === null) {
    readout.textContent = '';
    return;
  }
  const values = data.traces
    .filter(({ role }) => role === 'arm' || role === 'average')
    .map((trace) => `${nameOf(run, trace)} ${formatOf(chart, valueAt(trace, step))}`)
    .join(', ');
  const words = `${t('chart.step', { step: count(step) })}: ${values}`;
  readout.textContent = words;
  slider.setAttribute('aria-valuenow', String(step));
  slider.setAttribute('aria-valuetext', words);
}

/** The last value at or before the step. */
function valueAt(trace: Trace, step: number): number {
  const after = trace.x.findIndex((x) => x > step);
  return trace.y[(after < 0 ? trace.x.length : after) - 1] ?? Number.NaN;
}
