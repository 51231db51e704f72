/** The synced curves: which charts a level shows, and what must be said beside them. */
import { type ChartId, chartData } from '../store/curves.ts';
import { headlineOf } from '../store/headline.ts';
import type { Run } from '../store/run.ts';
import type { Level } from '../store/state.ts';
import { useApp, useScene } from './appContext.tsx';
import { Chart } from './Chart.tsx';
import { lookOf, nameOf } from './chartWords.ts';
import { armLook, armName, floorLook, type Look, line, teacherLook, text } from './palette.ts';
import { count, t } from './text.ts';
import { useGhosts } from './useGhosts.ts';

export function Curves({ run }: { run: Run }) {
  const level = useApp((state) => state.level);
  const { comparison, training } = chartsOf(run, level);
  const headline = headlineOf(run.spec).kind === 'loss' ? 'languageLoss' : 'headline';
  return (
    <section className="card curves" aria-labelledby="curves-title">
      <h2 id="curves-title" className="visually-hidden">
        {t('curves.title')}
      </h2>
      <Chart chart={headline} run={run} height={220} />
      <Legend run={run} everywhere={comparison.length > 0} />
      <Notes run={run} />
      {comparison.length === 0 ? null : (
        <>
          <p className="hint">{t('curves.atOne')}</p>
          <div className="chart-grid">
            {comparison.map((chart) => (
              <Chart key={chart} chart={chart} run={run} height={150} />
            ))}
          </div>
        </>
      )}
      {training.length === 0 ? null : (
        <>
          <h3 className="curves-training">{t('curves.training')}</h3>
          {run.log.events.length === 0 ? null : <p className="hint">{t('guard.marks')}</p>}
          <div className="chart-grid">
            {training.map((chart) => (
              <div key={chart}>
                <Chart chart={chart} run={run} height={150} />
                {chart === 'terms' || chart === 'gradients' ? <PartsLegend chart={chart} run={run} /> : null}
              </div>
            ))}
          </div>
        </>
      )}
    </section>
  );
}

/** What the marks, and lines without a name at their end, are. */
export function Notes({ run }: { run: Run }) {
  const log = useScene(run);
  const last = log?.last?.arms[0];
  const seeds = log?.replicates.length ?? 0;
  const ghosts = useGhosts(run).map(({ name }) => name);
  const watched = last?.watched?.n;
  const known = run.facts !== null && (run.facts.teacher.language?.floor ?? null) !== null;
  const notes = [
    // Of curves that a link brought no best step is known.
    ...(run.origin === 'link' ? [] : [seeds > 1 ? t('curves.bestOfFirst', { seeds }) : t('curves.best')]),
    ...(ghosts.length > 0 ? [t('curves.ghosts', { names: ghosts.join(', ') })] : []),
    ...(run.log.events.length > 0 ? [t('curves.ticks')] : []),
    ...(known ? [t('curves.floor')] : []),
    ...(last === undefined || watched === undefined
      ? []
      : [t('curves.watched', { watched: count(watched), n: count(last.n) })]),
  ];
  return notes.length === 0 ? null : <p className="hint">{notes.join(' ')}</p>;
}

/** Names of the lines, for charts that are too narrow to carry them at their ends. */
export function Legend({ run, everywhere }: { run: Run; everywhere: boolean }) {
  const lines = [
    ...(run.spec.teacher.source === 'none' || run.origin === 'link'
      ? []
      : [{ look: teacherLook, name: t('arm.teacher') }]),
    ...run.spec.arms.map((_, arm) => ({
      look: armLook(run.spec.arms, arm),
      name: armName(run.spec.arms, arm),
    })),
    ...((run.facts?.teacher.language?.floor ?? null) === null
      ? []
      : [{ look: floorLook, name: t('chart.floor') }]),
  ];
  return <LineNames lines={lines} everywhere={everywhere} />;
}

/** Terms of the loss and labels are no arms, so the race's own names say nothing of their lines. */
function PartsLegend({ chart, run }: { chart: ChartId; run: Run }) {
  const lines = chartData(chart, run, [], 0).traces.map((trace) => ({
    look: lookOf(run, trace),
    name: nameOf(run, trace),
  }));
  return <LineNames lines={lines} everywhere={true} />;
}

interface Names {
  readonly lines: readonly { readonly look: Look; readonly name: string }[];
  readonly everywhere: boolean;
}

function LineNames({ lines, everywhere }: Names) {
  return (
    <ul className={everywhere ? 'chart-legend is-everywhere' : 'chart-legend'}>
      {lines.map(({ look, name }) => (
        <li key={`${name} ${look.stem} ${look.dash}`} style={{ color: text(look) }}>
          <svg width="28" height="8" aria-hidden="true">
            <line
              x1="0"
              x2="28"
              y1="4"
              y2="4"
              style={{ stroke: line(look) }}
              strokeDasharray={look.dash.join(' ')}
            />
          </svg>
          {name}
        </li>
      ))}
    </ul>
  );
}

function chartsOf(run: Run, level: Level): { comparison: readonly ChartId[]; training: readonly ChartId[] } {
  if (level === 'learn') return { comparison: [], training: [] };
  const known: readonly ChartId[] = headlineOf(run.spec).kind === 'recall' ? ['accuracy'] : [];
  const taught: readonly ChartId[] =
    run.spec.teacher.source === 'none' ? [] : ['agreement', 'divergence', 'reverseDivergence', 'entropyGap'];
  const comparison: readonly ChartId[] = [...known, ...taught, 'calibrationError'];
  if (level === 'tinker') return { comparison, training: [] };
  // Where labels have no weight there is no gradient of theirs to compare with.
  const ratio: readonly ChartId[] = labelsWeigh(run) ? ['ratio'] : [];
  const gradients: readonly ChartId[] = recordsGradients(run) ? ['gradients', ...ratio] : [];
  return { comparison, training: ['loss', 'terms', 'labelLoss', ...gradients] };
}

function labelsWeigh({ spec, log }: Run): boolean {
  return spec.objective.mix < 1 || log.events.some(({ path }) => path === 'objective.mix');
}

/** The first recordings kept measures in steps of a 127th of the largest: what is far smaller is 0 in them. */
function recordsGradients({ origin, spec, log }: Run): boolean {
  const distilled = spec.arms.findIndex(({ kind }) => kind === 'distilled');
  if (origin !== 'recording' || distilled < 0 || log.rows.steps.length === 0) return true;
  return log.rows.column(distilled, 'termGradient2_0').some((value) => value > 0);
}
