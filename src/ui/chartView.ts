/**
 * One uPlot chart outside of React: takes ChartData, aligns its traces, draws names at the ends of lines, ticks of live
 * events and hollow best steps, and keeps a cursor that a keyboard can move. It computes no metric.
 */
import uPlot from 'uplot';
import type { ChartData, Trace } from '../store/curves.ts';
import { boundsBetween } from './chartBounds.ts';
import type { HowDrawn } from './chartWords.ts';
import { cssColour, teacherLook } from './palette.ts';

export interface ChartOptions extends HowDrawn {
  readonly height: number;
  /** Called with the step under the cursor, or null. */
  onCursor(step: number | null): void;
}

const syncKey = 'stillroom';
/** A chart that is asked for lower than this stands in a low frame, where six lines of names must do. */
const lowest = 100;

export class ChartView {
  readonly #host: HTMLElement;
  readonly #options: ChartOptions;
  readonly #observer: ResizeObserver;
  #plot: uPlot | null = null;
  #shape = '';
  #data: ChartData | null = null;
  #frame = 0;
  #named = false;
  #rem = 0;
  #cursor = -1;

  constructor(host: HTMLElement, options: ChartOptions) {
    this.#host = host;
    this.#options = options;
    this.#observer = new ResizeObserver(() => this.#resize());
    this.#observer.observe(host);
  }

  /** Draws at the next frame; many updates before it are one drawing. */
  update(data: ChartData): void {
    this.#data = data;
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  /** Draws with the colours and sizes of the theme as it is now; at once, since paper waits for no frame. */
  restyle(): void {
    this.#shape = '';
    this.#draw();
  }

  /** Moves the cursor by whole points, or to an end; returns the step it is on. */
  moveCursor(by: number | 'first' | 'last'): number | null {
    const plot = this.#plot;
    const x = plot?.data[0];
    if (plot === null || x === undefined || x.length === 0) return null;
    const last = x.length - 1;
    const from = this.#cursor < 0 ? last : this.#cursor;
    const to = by === 'first' ? 0 : by === 'last' ? last : Math.min(last, Math.max(0, from + by));
    const step = x[to] ?? 0;
    plot.setCursor({ left: plot.valToPos(step, 'x'), top: plot.over.clientHeight / 2 });
    return step;
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame);
    this.#observer.disconnect();
    this.#plot?.destroy();
    this.#plot = null;
  }

  #resize(): void {
    // Names come or go at their width, and with them the room that they take; all text grows with the window's.
    const other = this.#named !== this.#hasNames() || this.#rem !== rootPixels();
    if (this.#plot !== null && this.#host.clientWidth > 0 && other) return this.restyle();
    if (this.#host.clientWidth > 0)
      this.#plot?.setSize({ width: this.#host.clientWidth, height: this.#height() });
  }

  #hasNames(): boolean {
    return this.#host.clientWidth >= 380;
  }

  /** Heights are given for 16 px text and grow with it. */
  #height(): number {
    const rem = rootPixels();
    const lines = this.#options.height < lowest ? 6 : 12;
    return Math.round(Math.max((this.#options.height * rem) / 16, lines * cssLength('--xs', rem)));
  }

  #draw(): void {
    const data = this.#data;
    if (data === null || this.#host.clientWidth === 0) return;
    // A line that has its first point needs room for its name, too.
    const shape = data.traces
      .map(({ role, arm, part, runName, x }) => `${role}${arm}.${part}${runName}${x.length > 0}`)
      .join('|');
    const aligned = align(data, this.#options);
    if (this.#plot === null || shape !== this.#shape) {
      this.#plot?.destroy();
      this.#shape = shape;
      this.#named = this.#hasNames();
      this.#rem = rootPixels();
      this.#plot = new uPlot(this.#uplotOptions(data), aligned, this.#host);
      return;
    }
    this.#plot.setData(aligned);
  }

  #uplotOptions(data: ChartData): uPlot.Options {
    const rem = rootPixels();
    const size = cssLength('--xs', rem);
    // uPlot makes device pixels of whole CSS pixels only: of 12.48px it would double the 48.
    const font = `${Math.round(size)}px ${cssColour('--sans')}`;
    const axis = {
      stroke: cssColour('--ink-2'),
      font,
      ticks: { show: false },
      grid: { stroke: cssColour('--rule'), width: 1 },
    };
    return {
      width: this.#host.clientWidth,
      height: this.#height(),
      padding: [rem * 0.75, this.#endWidth(data, font), 0, 0],
      legend: { show: false },
      cursor: {
        sync: { key: syncKey },
        points: { size: 7 },
        drag: { x: false, y: false },
        y: false,
      },
      scales: {
        x: { time: false, range: () => [0, this.#data?.lastStep ?? 1] },
        y: {
          ...(this.#options.log ? { distr: 3 as const, log: 10 as const } : {}),
          range: (_, low, high) => boundsBetween(this.#data, this.#options, low ?? 0, high ?? 1),
        },
      },
      axes: [
        { ...axis, size: size * 2.3, grid: { show: false }, space: size * 5.1 },
        {
          ...axis,
          size: size * 3.7,
          ...(this.#options.log ? { grid: { ...axis.grid, filter: powersOfTen } } : {}),
          space: size * 2.8,
          // A logarithmic axis names its powers of ten alone.
          values: (_, splits: (number | null)[]) =>
            splits.map((value) => (value === null ? '' : this.#options.format(value))),
        },
      ],
      series: [{}, ...data.traces.map((trace) => this.#series(trace))],
      hooks: {
        draw: [(plot) => this.#decorate(plot, font)],
        setCursor: [(plot) => this.#moved(plot)],
      },
    };
  }

  #series(trace: Trace): uPlot.Series {
    const look = trace.role === 'teacher' ? teacherLook : this.#options.look(trace);
    const thin = trace.role === 'seed' || trace.role === 'ghost';
    return {
      stroke: cssColour(`--${look.stem}-line`),
      width: trace.role === 'arm' ? 2.25 : trace.role === 'teacher' || trace.role === 'average' ? 1.5 : 1,
      alpha: trace.role === 'seed' ? 0.38 : trace.role === 'ghost' ? 0.6 : 1,
      dash: trace.role === 'ghost' ? [1.5, 3] : [...look.dash],
      points: { show: false },
      spanGaps: !this.#options.cut || thin,
    };
  }

  /** Room for the longest name at the end of a line. */
  #endWidth(data: ChartData, font: string): number {
    const context = document.createElement('canvas').getContext('2d');
    if (context === null || !this.#hasNames()) return rootPixels() * 1.4;
    context.font = font;
    const widths = data.traces
      .filter(carriesName)
      .map((trace) => context.measureText(this.#options.name(trace)).width);
    return Math.max(12, ...widths) + 14;
  }

  #moved(plot: uPlot): void {
    const { idx, left } = plot.cursor;
    const off = idx === null || idx === undefined || left === undefined || left < 0;
    this.#cursor = off ? -1 : idx;
    this.#options.onCursor(off ? null : (plot.data[0][idx] ?? null));
  }

  #decorate(plot: uPlot, font: string): void {
    const data = this.#data;
    if (data === null) return;
    const { ctx } = plot;
    ctx.save();
    this.#ticks(plot, data);
    this.#best(plot, data);
    if (this.#hasNames()) this.#names(plot, data, font);
    ctx.restore();
  }

  /** A line and a notch where a live setting changed. */
  #ticks(plot: uPlot, data: ChartData): void {
    const { ctx, bbox } = plot;
    ctx.strokeStyle = cssColour('--rule-strong');
    ctx.fillStyle = cssColour('--ink-2');
    ctx.lineWidth = uPlot.pxRatio;
    for (const { step } of data.ticks) {
      const x = Math.round(plot.valToPos(step, 'x', true)) + 0.5;
      const notch = 4 * uPlot.pxRatio;
      ctx.setLineDash([2 * uPlot.pxRatio, 3 * uPlot.pxRatio]);
      stroke(ctx, [x, bbox.top], [x, bbox.top + bbox.height]);
      ctx.beginPath();
      ctx.moveTo(x - notch, bbox.top - notch);
      ctx.lineTo(x + notch, bbox.top - notch);
      ctx.lineTo(x, bbox.top + notch / 2);
      ctx.fill();
    }
  }

  #best(plot: uPlot, data: ChartData): void {
    const { ctx } = plot;
    ctx.setLineDash([]);
    ctx.lineWidth = 1.75 * uPlot.pxRatio;
    ctx.fillStyle = cssColour('--surface');
    for (const { arm, step, value } of data.best) {
      const trace = data.traces.find((one) => one.role === 'arm' && one.arm === arm);
      if (trace === undefined) continue;
      ctx.strokeStyle = cssColour(`--${this.#options.look(trace).stem}-line`);
      ctx.beginPath();
      ctx.arc(plot.valToPos(step, 'x', true), plot.valToPos(value, 'y', true), 4 * uPlot.pxRatio, 0, 7);
      ctx.fill();
      ctx.stroke();
    }
  }

  /** Names at the ends, pushed apart until none covers another. */
  #names(plot: uPlot, data: ChartData, font: string): void {
    const { ctx, bbox } = plot;
    const ratio = uPlot.pxRatio;
    const size = Number.parseFloat(font) * ratio;
    ctx.font = font.replace(/^[\d.]+px/, `${size}px`);
    ctx.textBaseline = 'middle';
    // uPlot leaves the alignment of its last axis behind.
    ctx.textAlign = 'left';
    const places = named(data)
      .map((trace) => ({ trace, y: plot.valToPos(lastOf(trace), 'y', true) }))
      .filter(({ y }) => Number.isFinite(y))
      .sort((a, b) => a.y - b.y);
    const step = size * 1.15;
    let free = Number.NEGATIVE_INFINITY;
    const ys = places.map(({ y }) => {
      free = Math.max(y, free + step);
      return free;
    });
    const over = (ys.at(-1) ?? 0) - (bbox.top + bbox.height - size / 2);
    for (const [at, { trace }] of places.entries()) {
      const look = trace.role === 'teacher' ? teacherLook : this.#options.look(trace);
      ctx.fillStyle = cssColour(`--${look.stem}-text`);
      // The lowest name stays clear of the numbers below the axis.
      const limit = bbox.top + bbox.height - size / 2 - (places.length - 1 - at) * step;
      const y = over > 0 ? Math.min(ys[at] ?? 0, limit) : (ys[at] ?? 0);
      ctx.fillText(this.#options.name(trace), bbox.left + bbox.width + 7 * ratio, y);
    }
  }
}

/** Lines that carry a name: not the thin ones of single seeds. */
function named(data: ChartData): readonly Trace[] {
  return data.traces.filter((trace) => carriesName(trace) && trace.x.length > 0);
}

function carriesName({ role }: Trace): boolean {
  return role !== 'seed' && role !== 'ghost';
}

function lastOf(trace: Trace): number {
  return trace.y.findLast((value) => Number.isFinite(value)) ?? Number.NaN;
}

function powersOfTen(_: uPlot, splits: number[]): (number | null)[] {
  return splits.map((value) => (Math.abs(Math.log10(value) % 1) < 1e-9 ? value : null));
}

function stroke(
  ctx: CanvasRenderingContext2D,
  from: readonly [number, number],
  to: readonly [number, number],
): void {
  ctx.beginPath();
  ctx.moveTo(...from);
  ctx.lineTo(...to);
  ctx.stroke();
}

/** All traces over one ascending x; gaps are null. */
function align(data: ChartData, { cut, log }: ChartOptions): uPlot.AlignedData {
  const tables = data.traces.map(
    (trace): uPlot.AlignedData => [
      [...trace.x],
      trace.y.map((value, at) => {
        const gap =
          cut && data.ticks.some(({ step }) => step < (trace.x[at] ?? 0) && step >= (trace.x[at - 1] ?? 0));
        return Number.isFinite(value) && !gap && (!log || value > 0) ? value : null;
      }),
    ],
  );
  if (tables.length === 0) return [[]];
  return uPlot.join(
    tables,
    data.traces.map(() => [0, 1]),
  );
}

function rootPixels(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
}

function cssLength(name: string, rem: number): number {
  return Number.parseFloat(cssColour(name)) * rem;
}
