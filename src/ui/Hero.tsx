/**
 * One sample as every model sees it: mirrored distributions of teacher and each student at the view temperature, which
 * is dragged on the picture, and ten samples marked under each arm. Looking is not training; "train at this T" is.
 */
import { useRef } from 'react';
import {
  drawnScene,
  type Scene,
  samplesProbe,
  sceneOf,
  stripMarks,
  stripRows,
} from '../store/distributions.ts';
import { headlineOf } from '../store/headline.ts';
import type { Run } from '../store/run.ts';
import { useApp, useAppStore, useController, useScene } from './appContext.tsx';
import { Mirror } from './Mirror.tsx';
import { armLook, armName, armsInOrder, text } from './palette.ts';
import { SampleImage } from './SampleImage.tsx';
import { SamplePicker } from './SamplePicker.tsx';
import { Strip } from './Strip.tsx';
import { article, fixed, t } from './text.ts';
import { useView } from './useView.ts';
import { ViewTemperature } from './ViewTemperature.tsx';

/** More classes than this are drawn as the most probable ones. */
const mostColumns = 12;

export function Hero({ run }: { run: Run }) {
  const log = useScene(run);
  const { view, setView } = useView();
  const { facts } = run;
  if (facts === null || log === null || samplesProbe(facts) === null) return null;
  const scene =
    view.drawn === null
      ? sceneOf(facts, log, view.sample, view.temperature, view.offset)
      : drawnScene(facts, view.drawn, view.temperature, view.offset);
  if (scene === null) return null;
  return (
    <section className="card hero" aria-labelledby="hero-title">
      <header className="hero-head">
        <HeroPicture run={run} scene={scene} />
        <div className="hero-words">
          <h2 id="hero-title">{heroTitle(run, scene)}</h2>
          <p className="hero-softness">
            {scene.softness === null
              ? t('hero.noTeacher')
              : t('hero.softness', { softness: fixed(scene.softness, 1), classes: facts.classNames.length })}
          </p>
        </div>
        <ViewTemperature run={run} />
      </header>
      <Panels run={run} scene={scene} />
      <footer className="hero-foot">
        <Legend drawn={view.drawn !== null} />
        <SamplePicker run={run} onPick={(sample) => setView({ sample, drawn: null })} />
      </footer>
    </section>
  );
}

function heroTitle(run: Run, scene: Scene): string {
  if (scene.label === null) return t('hero.drawn');
  const name = run.facts?.classNames[scene.label] ?? String(scene.label);
  if (run.spec.data.leaveOut.includes(scene.label))
    return t('hero.unseen', { name, A: article(name) === 'an' ? 'An' : 'A' });
  if (run.spec.data.task === 'planes') return t('hero.point', { name });
  return t('hero.seen', { name });
}

function HeroPicture({ run, scene }: { run: Run; scene: Scene }) {
  const side = run.facts?.inputShape.at(-1) ?? 0;
  if ((run.facts?.inputShape.length ?? 0) < 2) return null;
  return (
    <div className="hero-picture">
      <SampleImage input={scene.input} side={side} />
    </div>
  );
}

function Panels({ run, scene }: { run: Run; scene: Scene }) {
  const dragging = useTemperatureDrag();
  const { view } = useView();
  const { facts, log, spec } = run;
  if (facts === null) return null;
  const shown = columnsOf(scene, facts.classNames.length);
  const top = topOf(scene, shown);
  const headline = headlineOf(spec);
  const rows = stripRows(facts, headline.kind === 'recall' ? headline.label : null);
  const probe = samplesProbe(facts)?.probe;
  const side = facts.inputShape.length < 2 ? 0 : (facts.inputShape.at(-1) ?? 0);
  return (
    <div className="panels" {...dragging} title={t('hero.drag')}>
      {armsInOrder(spec.arms).map((arm) => {
        const look = armLook(spec.arms, arm);
        const name = armName(spec.arms, arm);
        const marks = stripMarks(facts, log, arm, rows, view.offset);
        return (
          <figure key={arm} className="panel">
            <figcaption className="panel-head">
              <span className="panel-name" style={{ color: text(look) }}>
                {name}
              </span>
              <Answer run={run} scene={scene} arm={arm} />
            </figcaption>
            <Mirror
              classNames={facts.classNames}
              shown={shown}
              teacher={scene.teacher}
              student={scene.arms[arm] ?? null}
              label={scene.label}
              top={top}
              look={look}
              name={name}
            />
            {probe === undefined || side === 0 || marks.length === 0 ? null : (
              <Strip
                marks={marks}
                inputs={probe.inputs}
                side={side}
                classNames={facts.classNames}
                name={name}
                selected={view.drawn === null ? view.sample : -1}
              />
            )}
          </figure>
        );
      })}
    </div>
  );
}

function Answer({ run, scene, arm }: { run: Run; scene: Scene; arm: number }) {
  const answer = scene.answers[arm];
  if (answer === undefined) return null;
  const name = run.facts?.classNames[answer] ?? String(answer);
  if (scene.label === null) return <span className="panel-answer">{t('hero.says', { name })}</span>;
  const right = answer === scene.label;
  return (
    <span className={right ? 'panel-answer is-right' : 'panel-answer is-wrong'}>
      {t('hero.says', { name })} <span aria-hidden="true">{right ? '✓' : '✗'}</span>
      <span className="visually-hidden">{right ? t('hero.right') : t('hero.wrong')}</span>
    </span>
  );
}

function Legend({ drawn }: { drawn: boolean }) {
  return (
    <p className="hero-legend">
      <span>
        <i className="swatch" style={{ background: 'var(--teacher)' }} />
        {t('hero.legendTeacher')}
      </span>
      <span>
        <i
          className="swatch"
          style={{ background: 'var(--distilled)', borderColor: 'var(--distilled-line)' }}
        />
        {t('hero.legendStudent')}
      </span>
      {drawn ? null : (
        <span>
          <i className="swatch is-label" />
          {t('hero.legendLabel')}
        </span>
      )}
    </p>
  );
}

function columnsOf(scene: Scene, classes: number): readonly number[] {
  const all = Array.from({ length: classes }, (_, c) => c);
  if (classes <= mostColumns) return all;
  const weight = (c: number) =>
    (c === scene.label ? 2 : 0) +
    (scene.teacher?.[c] ?? 0) +
    Math.max(0, ...scene.arms.map((arm) => arm[c] ?? 0));
  return all
    .sort((a, b) => weight(b) - weight(a))
    .slice(0, mostColumns - 2)
    .sort((a, b) => a - b);
}

function topOf(scene: Scene, shown: readonly number[]): number {
  const values = shown.flatMap((c) => [scene.teacher?.[c] ?? 0, ...scene.arms.map((arm) => arm[c] ?? 0)]);
  return Math.max(0.12, ...values) * 1.04;
}

/** Dragging sideways over the bars changes the view temperature: one width of the picture is the whole range. */
export function useTemperatureDrag() {
  const store = useAppStore();
  const controller = useController();
  const start = useRef<{ x: number; temperature: number; width: number } | null>(null);
  const live = useApp((state) => state.dialog === null);
  if (!live) return {};
  return {
    onPointerDown: (event: React.PointerEvent<HTMLElement>) => {
      if (event.button !== 0) return;
      const { temperature } = store.getState().view;
      start.current = { x: event.clientX, temperature, width: event.currentTarget.clientWidth };
      event.currentTarget.setPointerCapture(event.pointerId);
    },
    onPointerMove: (event: React.PointerEvent<HTMLElement>) => {
      const from = start.current;
      if (from === null) return;
      const share = (event.clientX - from.x) / from.width;
      controller.look({ temperature: clampView(from.temperature * 128 ** share) });
    },
    onPointerUp: () => {
      start.current = null;
    },
    onPointerCancel: () => {
      start.current = null;
    },
  };
}

function clampView(temperature: number): number {
  return Number(Math.min(64, Math.max(0.5, temperature)).toPrecision(3));
}
