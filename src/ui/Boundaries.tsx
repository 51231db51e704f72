/** Decision boundaries of the teacher and of each student side by side, with the points that they learn from. */
import { useEffect, useMemo, useRef, useState } from 'react';
import type { RunFacts } from '../protocol/events.ts';
import { gridProbe, samplesProbe } from '../store/distributions.ts';
import type { Run } from '../store/run.ts';
import { useApp, useScene } from './appContext.tsx';
import { type BoundaryPicture, paintBoundary } from './boundaryPicture.ts';
import { useHidden } from './Lockable.tsx';
import { armLook, armName, armsInOrder, teacherLook, text } from './palette.ts';
import { percent, t } from './text.ts';
import { useResolvedTheme } from './useResolvedTheme.ts';
import { useView } from './useView.ts';
import { ViewTemperature } from './ViewTemperature.tsx';

export function Boundaries({ run }: { run: Run }) {
  const log = useScene(run);
  const { view } = useView();
  // Where the sample's own bars are not on the page, a ring round it would be a riddle.
  const embed = useApp((state) => state.embed);
  const lookedAt = !useHidden('hero') && !embed;
  const { facts } = run;
  const found = facts === null ? null : gridProbe(facts);
  const samples = facts === null ? undefined : samplesProbe(facts)?.probe.inputs;
  // The same array for the same sample: a picture is painted when what it shows is another.
  const ring = useMemo(
    () => (lookedAt ? (samples?.subarray(view.sample * 2, view.sample * 2 + 2) ?? null) : null),
    [lookedAt, samples, view.sample],
  );
  if (facts === null || log === null || found === null) return null;
  const students = log.pictures?.logits[found.index] ?? [];
  return (
    <section className="card stage is-first" aria-labelledby="boundary-title">
      <header className="hero-head">
        <div className="hero-words">
          <h2 id="boundary-title">{t('boundary.title')}</h2>
          <p className="hint">{t('boundary.hint')}</p>
        </div>
        <ViewTemperature run={run} />
      </header>
      <div className="boundaries">
        <Boundary
          facts={facts}
          name={t('arm.teacher')}
          colour={text(teacherLook)}
          logits={found.probe.teacher}
          side={found.probe.side}
          inputs={found.probe.inputs}
          ring={ring}
          note={t('boundary.teacher')}
        />
        {armsInOrder(run.spec.arms).map((arm) => {
          const logits = students[arm];
          return (
            <Boundary
              key={arm}
              facts={facts}
              name={armName(run.spec.arms, arm)}
              colour={text(armLook(run.spec.arms, arm))}
              logits={logits ?? null}
              side={found.probe.side}
              inputs={found.probe.inputs}
              ring={ring}
              note={
                logits === undefined
                  ? t('boundary.none')
                  : t('boundary.agrees', { share: percent(agreement(logits, found.probe.teacher, facts)) })
              }
            />
          );
        })}
      </div>
      <PointLegend facts={facts} ringed={ring !== null} />
    </section>
  );
}

interface Props extends Omit<BoundaryPicture, 'temperature' | 'classes' | 'logits'> {
  readonly facts: RunFacts;
  readonly name: string;
  readonly colour: string;
  readonly note: string;
  readonly logits: Float32Array | null;
}

function Boundary({ facts, name, colour, note, logits, side, inputs, ring }: Props) {
  const ref = useRef<HTMLCanvasElement>(null);
  const theme = useResolvedTheme();
  const { temperature } = useView().view;
  const pixels = usePixels(ref);
  const classes = facts.classNames.length;
  useEffect(() => {
    const canvas = ref.current;
    if (canvas === null || logits === null || theme === null) return;
    if (canvas.width !== pixels) [canvas.width, canvas.height] = [pixels, pixels];
    paintBoundary(canvas, facts, { logits, side, inputs, ring, classes, temperature }, theme);
  }, [facts, logits, side, inputs, ring, classes, temperature, theme, pixels]);
  return (
    <figure className="boundary">
      <figcaption style={{ color: colour }}>{name}</figcaption>
      <canvas ref={ref} role="img" aria-label={t('boundary.described', { name, note })} />
      <p className="hint">{note}</p>
    </figure>
  );
}

/** As many pixels as the screen has for it: a line that is drawn larger and shown smaller falls into dots. */
const [fewest, most] = [96, 960];

function usePixels(ref: React.RefObject<HTMLCanvasElement | null>): number {
  const [pixels, setPixels] = useState(480);
  useEffect(() => {
    const canvas = ref.current;
    if (canvas === null) return;
    const observer = new ResizeObserver(() => {
      const shown = Math.round(canvas.clientWidth * devicePixelRatio);
      if (shown > 0) setPixels(Math.min(most, Math.max(fewest, shown)));
    });
    observer.observe(canvas);
    return () => observer.disconnect();
  }, [ref]);
  return pixels;
}

function PointLegend({ facts, ringed }: { facts: RunFacts; ringed: boolean }) {
  return (
    <p className="hero-legend">
      {facts.classNames.map((name, c) => (
        <span key={name}>
          <i className="swatch" style={{ background: `var(--class-${c % 4})` }} />
          {t('boundary.class', { name })}
        </span>
      ))}
      <span>{t('boundary.labelled')}</span>
      {ringed ? <span>{t('boundary.ringed')}</span> : null}
    </p>
  );
}

/** Share of the picture on which a student answers as the teacher does. */
function agreement(student: Float32Array, teacher: Float32Array, facts: RunFacts): number {
  const classes = facts.classNames.length;
  const rows = Math.floor(student.length / classes);
  let same = 0;
  for (let row = 0; row < rows; row++) {
    if (winner(student, row * classes, classes) === winner(teacher, row * classes, classes)) same += 1;
  }
  return same / rows;
}

function winner(logits: Float32Array, start: number, classes: number): number {
  let best = 0;
  for (let c = 1; c < classes; c++) if ((logits[start + c] ?? 0) > (logits[start + best] ?? 0)) best = c;
  return best;
}
