/** Paints one decision boundary: class colours by probability, the line where the answer changes, and the points. */
import { softmax } from '../losses/distribution.ts';
import type { RunFacts } from '../protocol/events.ts';
import { cssColour } from './palette.ts';

export interface BoundaryPicture {
  /** (side², classes), rows from the top. */
  readonly logits: Float32Array;
  readonly side: number;
  /** (side², 2): where each cell is. */
  readonly inputs: Float32Array;
  readonly classes: number;
  readonly temperature: number;
}

type Colour = readonly [number, number, number];

export function paintBoundary(canvas: HTMLCanvasElement, facts: RunFacts, picture: BoundaryPicture): void {
  const context = canvas.getContext('2d');
  if (context === null) return;
  const { side, classes, logits } = picture;
  const paper = toColour(cssColour('--surface'));
  const colours = Array.from({ length: classes }, (_, c) => toColour(cssColour(`--class-${c % 4}`)));
  const image = new ImageData(side, side);
  const winners = new Uint8Array(side * side);
  for (let cell = 0; cell < side * side; cell++) {
    const p = softmax(logits.subarray(cell * classes, (cell + 1) * classes), picture.temperature);
    winners[cell] = indexOfLargest(p);
    image.data.set([...mix(paper, colours, p), 255], cell * 4);
  }
  const small = new OffscreenCanvas(side, side);
  small.getContext('2d')?.putImageData(image, 0, 0);
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = 'high';
  context.drawImage(small, 0, 0, canvas.width, canvas.height);
  paintEdges(context, winners, side, canvas.width);
  paintPoints(context, facts, picture, canvas.width, colours);
}

/** Half of the class's colour at certainty, so that points stand out on it. */
function mix(paper: Colour, colours: readonly Colour[], p: ArrayLike<number>): Colour {
  const channel = (k: 0 | 1 | 2) => {
    const full = colours.reduce((sum, colour, c) => sum + colour[k] * (p[c] ?? 0), 0);
    const sure = (Math.max(...Array.from(p)) - 1 / colours.length) / (1 - 1 / colours.length);
    const strength = 0.08 + 0.5 * sure;
    return Math.round(paper[k] * (1 - strength) + full * strength);
  };
  return [channel(0), channel(1), channel(2)];
}

/** The boundary itself: edges between cells with different answers. */
function paintEdges(
  context: CanvasRenderingContext2D,
  winners: Uint8Array,
  side: number,
  size: number,
): void {
  const cell = size / side;
  context.strokeStyle = cssColour('--ink');
  context.lineWidth = Math.max(1.5, size / 240);
  context.lineCap = 'round';
  context.beginPath();
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const here = winners[y * side + x];
      if (x + 1 < side && winners[y * side + x + 1] !== here) {
        context.moveTo((x + 1) * cell, y * cell);
        context.lineTo((x + 1) * cell, (y + 1) * cell);
      }
      if (y + 1 < side && winners[(y + 1) * side + x] !== here) {
        context.moveTo(x * cell, (y + 1) * cell);
        context.lineTo((x + 1) * cell, (y + 1) * cell);
      }
    }
  }
  context.stroke();
}

/** Small dots without a label; large ones, round for the first class and square for others, with one. */
function paintPoints(
  context: CanvasRenderingContext2D,
  facts: RunFacts,
  { inputs, side }: BoundaryPicture,
  size: number,
  colours: readonly Colour[],
): void {
  const [left, top] = [inputs[0] ?? 0, inputs[1] ?? 0];
  const last = side * side - 1;
  const [right, bottom] = [inputs[last * 2] ?? 1, inputs[last * 2 + 1] ?? 1];
  const inset = size / side / 2;
  const place = (value: number, from: number, to: number) =>
    inset + ((value - from) / (to - from)) * (size - 2 * inset);
  const ink = cssColour('--ink');
  for (let at = 0; at < facts.pointLabels.length; at++) {
    const x = place(facts.points[at * 2] ?? 0, left, right);
    const y = place(facts.points[at * 2 + 1] ?? 0, top, bottom);
    const label = facts.pointLabels[at] ?? 0;
    if (facts.pointLabelled[at] !== 1) {
      context.fillStyle = ink;
      context.globalAlpha = 0.28;
      context.fillRect(x - 1, y - 1, 2, 2);
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

function indexOfLargest(p: ArrayLike<number>): number {
  let best = 0;
  for (let c = 1; c < p.length; c++) if ((p[c] ?? 0) > (p[best] ?? 0)) best = c;
  return best;
}

/** Of `#rrggbb`, or of the `#rgb` to which a build shortens it. */
function toColour(hex: string): Colour {
  const digits = hex.length === 4 ? hex.replace(/[0-9a-f]/gi, '$&$&') : hex;
  const value = Number.parseInt(digits.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}
