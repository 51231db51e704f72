/** Paints one decision boundary: class colours by probability, the line where the answer changes, and the points. */
import type { RunFacts } from '../protocol/events.ts';
import { boundaryLines } from './contour.ts';
import { cssColour } from './palette.ts';

export interface BoundaryPicture {
  /** (side², classes), rows from the top. */
  readonly logits: Float32Array;
  readonly side: number;
  /** (side², 2): where each cell is. */
  readonly inputs: Float32Array;
  readonly classes: number;
  readonly temperature: number;
  /** Where the sample is that is looked at; null where none is. */
  readonly ring: ArrayLike<number> | null;
}

type Colour = readonly [number, number, number];

/** `theme` is the one that the page is in: its colours are read once. */
export function paintBoundary(
  canvas: HTMLCanvasElement,
  facts: RunFacts,
  picture: BoundaryPicture,
  theme: string,
): void {
  const context = canvas.getContext('2d');
  if (context === null) return;
  const { side } = picture;
  const palette = paletteOf(theme, picture.classes);
  const small = new OffscreenCanvas(side, side);
  small.getContext('2d')?.putImageData(cells(picture, palette), 0, 0);
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = 'high';
  context.drawImage(small, 0, 0, canvas.width, canvas.height);
  paintLines(context, picture, canvas.width, palette.ink);
  context.drawImage(pointsOf(facts, picture, canvas.width, palette, theme), 0, 0);
  if (picture.ring !== null) paintRing(context, picture, picture.ring, canvas.width, palette);
}

interface Palette {
  readonly paper: Colour;
  readonly ink: string;
  /** By class. */
  readonly colours: readonly Colour[];
}

const palettes = new Map<string, Palette>();

/** Asking the page for its style makes it compute all of it, so that is done once for a theme. */
function paletteOf(theme: string, classes: number): Palette {
  const key = `${theme} ${classes}`;
  const known = palettes.get(key);
  if (known !== undefined) return known;
  const palette: Palette = {
    paper: toColour(cssColour('--surface')),
    ink: cssColour('--ink'),
    colours: Array.from({ length: classes }, (_, c) => toColour(cssColour(`--class-${c % 4}`))),
  };
  palettes.set(key, palette);
  return palette;
}

/**
 * A pixel for each cell: half of the class's colour at certainty, so that points stand out on it. Thousands of
 * cells at each evaluation: nothing is allocated for one.
 */
function cells(picture: BoundaryPicture, { paper, colours }: Palette): ImageData {
  const { side, classes, logits, temperature } = picture;
  const image = new ImageData(side, side);
  for (let cell = 0; cell < side * side; cell++) {
    const start = cell * classes;
    let best = 0;
    for (let c = 1; c < classes; c++) if ((logits[start + c] ?? 0) > (logits[start + best] ?? 0)) best = c;
    const top = logits[start + best] ?? 0;
    let [sum, red, green, blue] = [0, 0, 0, 0];
    for (let c = 0; c < classes; c++) {
      const weight = Math.exp(((logits[start + c] ?? 0) - top) / temperature);
      const colour = colours[c] ?? paper;
      sum += weight;
      red += weight * colour[0];
      green += weight * colour[1];
      blue += weight * colour[2];
    }
    // The winner's weight is 1, so its probability is 1 ÷ sum.
    const strength = 0.08 + (0.5 * (1 / sum - 1 / classes)) / (1 - 1 / classes);
    image.data[cell * 4] = Math.round(paper[0] * (1 - strength) + (red / sum) * strength);
    image.data[cell * 4 + 1] = Math.round(paper[1] * (1 - strength) + (green / sum) * strength);
    image.data[cell * 4 + 2] = Math.round(paper[2] * (1 - strength) + (blue / sum) * strength);
    image.data[cell * 4 + 3] = 255;
  }
  return image;
}

/** The boundary itself. */
function paintLines(
  context: CanvasRenderingContext2D,
  { logits, side, classes }: BoundaryPicture,
  size: number,
  ink: string,
): void {
  const lines = boundaryLines(logits, side, classes);
  const cell = size / side;
  context.strokeStyle = ink;
  context.lineWidth = Math.max(1.5, size / 240);
  context.lineCap = 'round';
  context.beginPath();
  for (let i = 0; i + 3 < lines.length; i += 4) {
    context.moveTo((lines[i] ?? 0) * cell, (lines[i + 1] ?? 0) * cell);
    context.lineTo((lines[i + 2] ?? 0) * cell, (lines[i + 3] ?? 0) * cell);
  }
  context.stroke();
}

/** In ink on paper, so that it stands out on any class. */
function paintRing(
  context: CanvasRenderingContext2D,
  picture: BoundaryPicture,
  ring: ArrayLike<number>,
  size: number,
  { ink, paper }: Palette,
): void {
  const [x, y] = placeIn(picture, size, ring[0] ?? 0, ring[1] ?? 0);
  for (const [colour, width] of [
    [`rgb(${paper.join(' ')})`, size / 50],
    [ink, size / 110],
  ] as const) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    context.arc(x, y, size / 30, 0, 7);
    context.stroke();
  }
}

const layers = new WeakMap<RunFacts, { readonly key: string; readonly layer: OffscreenCanvas }>();

/** The points of a run, which every picture of it has over it, painted once. */
function pointsOf(
  facts: RunFacts,
  picture: BoundaryPicture,
  size: number,
  palette: Palette,
  theme: string,
): OffscreenCanvas {
  const key = `${theme} ${size}`;
  const known = layers.get(facts);
  if (known?.key === key) return known.layer;
  const layer = new OffscreenCanvas(size, size);
  const context = layer.getContext('2d');
  if (context !== null) paintPoints(context, facts, picture, size, palette);
  layers.set(facts, { key, layer });
  return layer;
}

/** Small dots without a label; large ones, round for the first class and square for others, with one. */
function paintPoints(
  context: OffscreenCanvasRenderingContext2D,
  facts: RunFacts,
  picture: BoundaryPicture,
  size: number,
  { ink, colours }: Palette,
): void {
  const dot = Math.max(0.75, size / 240);
  for (let at = 0; at < facts.pointLabels.length; at++) {
    const [x, y] = placeIn(picture, size, facts.points[at * 2] ?? 0, facts.points[at * 2 + 1] ?? 0);
    const label = facts.pointLabels[at] ?? 0;
    if (facts.pointLabelled[at] !== 1) {
      context.fillStyle = ink;
      context.globalAlpha = 0.28;
      context.fillRect(x - dot / 2, y - dot / 2, dot, dot);
      continue;
    }
    context.globalAlpha = 1;
    context.fillStyle = `rgb(${(colours[label % colours.length] ?? [0, 0, 0]).join(' ')})`;
    context.strokeStyle = ink;
    context.lineWidth = size / 240;
    context.beginPath();
    if (label === 0) context.arc(x, y, size / 80, 0, 7);
    else context.rect(x - size / 90, y - size / 90, size / 45, size / 45);
    context.fill();
    context.stroke();
  }
  context.globalAlpha = 1;
}

/** Where on a canvas of this size a point of the plane is: cells are known at their middles. */
function placeIn({ inputs, side }: BoundaryPicture, size: number, x: number, y: number): [number, number] {
  const last = side * side - 1;
  const inset = size / side / 2;
  const place = (value: number, from: number, to: number) =>
    inset + ((value - from) / (to - from)) * (size - 2 * inset);
  return [
    place(x, inputs[0] ?? 0, inputs[last * 2] ?? 1),
    place(y, inputs[1] ?? 0, inputs[last * 2 + 1] ?? 1),
  ];
}

/** Of `#rrggbb`, or of the `#rgb` to which a build shortens it. */
function toColour(hex: string): Colour {
  const digits = hex.length === 4 ? hex.replace(/[0-9a-f]/gi, '$&$&') : hex;
  const value = Number.parseInt(digits.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}
