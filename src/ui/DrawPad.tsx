/**
 * A digit drawn by hand, which teacher and students then classify. Drawn at eight times the task's resolution and
 * averaged down; whoever cannot draw chooses a held-out sample in the hero instead, which asks the same question.
 */
import { useEffect, useRef, useState } from 'react';
import { answer } from '../store/distributions.ts';
import type { Run } from '../store/run.ts';
import { useController, useScene } from './appContext.tsx';
import { armLook, armName, armsInOrder, teacherLook, text } from './palette.ts';
import { rich, t } from './text.ts';
import { useView } from './useView.ts';

const fine = 8;

export function DrawPad({ run }: { run: Run }) {
  const side = run.facts?.inputShape.at(-1) ?? 16;
  const controller = useController();
  const { view, setView } = useView();
  const ref = useRef<HTMLCanvasElement>(null);
  const last = useRef<readonly [number, number] | null>(null);
  const [inked, setInked] = useState(false);
  const asked = useRef(0);
  const live = run.origin === 'live' && run.facts !== null;

  useEffect(() => {
    if (ref.current !== null) wipe(ref.current);
  }, []);

  const classify = () => {
    if (ref.current !== null) void controller.classify(toInput(ref.current, side));
  };
  // The students learn on: what was drawn is asked again when they are judged, unless another sample is looked at.
  const judged = useScene(run)?.last?.step;
  const shown = view.drawn !== null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked at each evaluation, and only then
  useEffect(() => {
    if (live && shown) classify();
  }, [judged]);
  const draw = (event: React.PointerEvent<HTMLCanvasElement>) => {
    if (last.current === null || !event.isPrimary) return;
    const to = place(event);
    drawStroke(event.currentTarget, last.current, to, side);
    last.current = to;
    setInked(true);
    // While the pen moves, one question each eighth of a second is enough.
    const now = performance.now();
    if (now - asked.current < 125) return;
    asked.current = now;
    classify();
  };
  return (
    <div className="draw">
      <canvas
        ref={ref}
        className={live ? 'draw-pad' : 'draw-pad is-off'}
        width={side * fine}
        height={side * fine}
        role="img"
        aria-label={t('draw.pad')}
        onPointerDown={(event) => {
          // Another finger would draw a line from the first to itself.
          if (!live || !event.isPrimary) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          last.current = place(event);
          draw(event);
        }}
        onPointerMove={draw}
        // Also where the browser takes the pointer away in the middle of a stroke.
        onLostPointerCapture={() => {
          if (last.current !== null) classify();
          last.current = null;
        }}
      />
      <div className="draw-words">
        <p>{live ? t('draw.hint') : t('draw.off')}</p>
        <Answers run={run} />
        <p className="hint">{rich('draw.instead', {})}</p>
        <button
          type="button"
          disabled={!inked}
          onClick={() => {
            if (ref.current !== null) wipe(ref.current);
            setInked(false);
            setView({ drawn: null });
          }}
        >
          {t('draw.clear')}
        </button>
      </div>
    </div>
  );
}

/** What each model makes of it, in words: the bars above may be out of sight while somebody draws. */
function Answers({ run }: { run: Run }) {
  const { drawn, offset } = useView().view;
  const { facts } = run;
  if (drawn === null || facts === null) return null;
  const says = (label: number) => t('hero.says', { name: facts.classNames[label] ?? String(label) });
  const { arms, data } = run.spec;
  return (
    <ul className="draw-answers">
      {drawn.teacher === null ? null : (
        <li style={{ color: text(teacherLook) }}>
          <strong>{t('arm.teacher')}</strong> {says(answer(drawn.teacher, [], 0))}
        </li>
      )}
      {armsInOrder(arms).map((arm) => (
        <li key={arm} style={{ color: text(armLook(arms, arm)) }}>
          <strong>{armName(arms, arm)}</strong> {says(answer(drawn.arms[arm] ?? [], data.leaveOut, offset))}
        </li>
      ))}
    </ul>
  );
}

function place(event: React.PointerEvent<HTMLCanvasElement>): readonly [number, number] {
  const box = event.currentTarget.getBoundingClientRect();
  const { width, height } = event.currentTarget;
  return [
    ((event.clientX - box.left) / box.width) * width,
    ((event.clientY - box.top) / box.height) * height,
  ];
}

/** Every stroke is read back for the models. */
function inkOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D | null {
  return canvas.getContext('2d', { willReadFrequently: true });
}

function wipe(canvas: HTMLCanvasElement): void {
  const context = inkOf(canvas);
  if (context === null) return;
  context.fillStyle = '#000';
  context.fillRect(0, 0, canvas.width, canvas.height);
}

/** White on black, as the samples are stored; shown in the theme's colours by the style sheet. */
function drawStroke(
  canvas: HTMLCanvasElement,
  from: readonly [number, number],
  to: readonly [number, number],
  side: number,
): void {
  const context = inkOf(canvas);
  if (context === null) return;
  context.strokeStyle = '#fff';
  context.lineWidth = (side / 9) * fine;
  context.lineCap = 'round';
  context.lineJoin = 'round';
  context.beginPath();
  context.moveTo(...from);
  context.lineTo(to[0] + 0.01, to[1]);
  context.stroke();
}

/** Means over fine × fine pixels, 0 to 1. */
function toInput(canvas: HTMLCanvasElement, side: number): Float32Array<ArrayBuffer> {
  const input = new Float32Array(side * side);
  const pixels = inkOf(canvas)?.getImageData(0, 0, canvas.width, canvas.height).data;
  if (pixels === undefined) return input;
  for (let y = 0; y < canvas.height; y++) {
    for (let x = 0; x < canvas.width; x++) {
      const cell = Math.floor(y / fine) * side + Math.floor(x / fine);
      input[cell] = (input[cell] ?? 0) + (pixels[(y * canvas.width + x) * 4] ?? 0) / (255 * fine * fine);
    }
  }
  return input;
}
