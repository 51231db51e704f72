/**
 * Glyphs: handwriting-like digits 0 to 9, drawn from strokes at 16 × 16 or 28 × 28 pixels. One sample is one hand: a
 * way of writing the digit, loose control points, slant, bend, proportions, pen and paper. The drawings themselves
 * are in `glyphStrokes.ts`; no picture of anyone's handwriting is used.
 *
 * Only +, −, ×, ÷ and square roots are used, which IEEE 754 fixes, so every engine draws the same bits.
 */
import { RandomStream } from '../tensor/random.ts';
import { GlyphRaster } from './glyphRaster.ts';
import { digitSkeletons, type Skeleton, type Stroke } from './glyphStrokes.ts';
import type { Task } from './task.ts';

export type GlyphSize = 16 | 28;

/** How much hands differ; lengths are shares of the digit's box. */
const spread = {
  /** Of each control point, and of the bend of the whole. */
  jitter: 0.032,
  bend: 0.08,
  slant: 0.21,
  turn: 0.11,
  /** Of the logarithm-like scale factors: common, and width against height. */
  scale: 0.1,
  aspect: 0.13,
  /** In 16ths of the picture. */
  shift: 0.6,
} as const;

/** Pieces between two control points. */
const piecesPerSpan = 6;

/** Values are multiples of 1/255, 1 is ink. */
export function glyphTask(size: GlyphSize): Task {
  const raster = new GlyphRaster(size);
  return {
    id: `glyphs-${size}`,
    title: `Glyphs ${size} × ${size}`,
    inputShape: [1, size, size],
    classNames: digitSkeletons.map((_, digit) => String(digit)),
    sample(seed, stream, index, into, offset) {
      const random = new RandomStream(seed, index, stream);
      const label = random.integer(digitSkeletons.length);
      raster.clear();
      const softness = drawDigit(raster, label, random);
      inkPixels(raster, softness, random, into, offset);
      return label;
    },
  };
}

/** Nearly normal, mean 0 and deviation 1, within ±3.46: four bytes of one word, summed. */
function bell(random: RandomStream): number {
  const word = random.u32();
  const sum = (word & 255) + ((word >>> 8) & 255) + ((word >>> 16) & 255) + (word >>> 24);
  return (sum - 510) / 147.8;
}

/** Where a point of the digit's box lies in the picture. */
interface Hand {
  readonly bend: readonly [number, number, number, number];
  /** Pixels: x' = a·x + b·y + c, y' = d·x + e·y + f, from the box's centre. */
  readonly place: readonly [number, number, number, number, number, number];
}

function drawHand(size: number, random: RandomStream): Hand {
  const bend = [bell(random), bell(random), bell(random), bell(random)] as const;
  const slant = 0.12 + spread.slant * bell(random);
  const turn = spread.turn * bell(random);
  const scale = 0.72 * size * (1 + spread.scale * bell(random));
  const width = 0.74 * scale * (1 + spread.aspect * bell(random));
  const height = scale;
  const unit = size / 16;
  const x = size / 2 + spread.shift * unit * bell(random);
  const y = size / 2 + spread.shift * unit * bell(random);
  // A small turn as two shears; the upper part leans right by the slant.
  return { bend, place: [width, -height * (slant + turn), x, width * turn, height, y] };
}

/** Draws one digit and returns how soft its edge is, in pixels. */
function drawDigit(raster: GlyphRaster, label: number, random: RandomStream): number {
  const skeleton = chooseSkeleton(digitSkeletons[label] ?? [], random);
  const blend = random.between(-0.15, 1.15);
  const hand = drawHand(raster.size, random);
  const unit = raster.size / 16;
  const radius = unit * random.between(0.45, 1.15);
  const softness = unit * random.between(0.9, 1.8);
  for (const [i, from] of skeleton.from.entries()) {
    const points = loosePoints(from, skeleton.to[i] ?? from, blend, hand, random);
    const pressure = 0.25 * bell(random);
    drawStroke(raster, points, from.corners, radius, pressure, softness);
  }
  return softness;
}

function chooseSkeleton(skeletons: readonly Skeleton[], random: RandomStream): Skeleton {
  const total = skeletons.reduce((sum, { weight }) => sum + weight, 0);
  let left = random.unit() * total;
  for (const skeleton of skeletons) {
    left -= skeleton.weight;
    if (left < 0) return skeleton;
  }
  throw new RangeError('a digit without skeletons');
}

/** The stroke's control points in pixels, (2 × n). */
function loosePoints(from: Stroke, to: Stroke, blend: number, hand: Hand, random: RandomStream) {
  const [a, b, c, d, e, f] = hand.place;
  const [bendX, bendY, curveX, curveY] = hand.bend;
  const points = new Float64Array(from.points.length);
  for (let i = 0; i < points.length; i += 2) {
    const x = between(from.points[i], to.points[i], blend) + spread.jitter * bell(random);
    const y = between(from.points[i + 1], to.points[i + 1], blend) + spread.jitter * bell(random);
    const bentX = x + spread.bend * (bendX * (4 * y * y - 0.5) + curveX * y * (8 * y * y - 1));
    const bentY = y + spread.bend * (bendY * (4 * x * x - 0.5) + curveY * x * (8 * x * x - 1));
    points[i] = a * bentX + b * bentY + c;
    points[i + 1] = d * bentX + e * bentY + f;
  }
  return points;
}

/** A blend of two hundredths, from the box's centre. */
function between(from: number | undefined, to: number | undefined, blend: number): number {
  const start = from ?? 0;
  return (start + ((to ?? start) - start) * blend) / 100 - 0.5;
}

/** A cubic Hermite spline with Catmull and Rom's tangents; one-sided at ends and corners. */
function drawStroke(
  raster: GlyphRaster,
  points: Float64Array,
  corners: readonly number[],
  radius: number,
  pressure: number,
  softness: number,
): void {
  const n = points.length / 2;
  const sharp = (i: number) => i === 0 || i === n - 1 || corners.includes(i);
  for (let i = 0; i + 1 < n; i++) {
    const before = sharp(i) ? i : i - 1;
    const after = sharp(i + 1) ? i + 1 : i + 2;
    const x = span(points, 0, before, i, after);
    const y = span(points, 1, before, i, after);
    let [lastX, lastY] = [x(0), y(0)];
    for (let k = 1; k <= piecesPerSpan; k++) {
      const t = k / piecesPerSpan;
      const [nextX, nextY] = [x(t), y(t)];
      const width = radius * (1 + pressure * ((i + t) / (n - 1) - 0.5));
      raster.piece(lastX, lastY, nextX, nextY, width, softness);
      [lastX, lastY] = [nextX, nextY];
    }
  }
}

/** One coordinate from point i to i + 1, t from 0 to 1. */
function span(points: Float64Array, axis: 0 | 1, before: number, i: number, after: number) {
  const at = (j: number) => points[2 * j + axis] ?? 0;
  const [start, end] = [at(i), at(i + 1)];
  const first = (end - at(before)) / (i + 1 - before);
  const last = (at(after) - start) / (after - i);
  const turn = end - start;
  const [cubic, square] = [first + last - 2 * turn, 3 * turn - 2 * first - last];
  return (t: number) => ((cubic * t + square) * t + first) * t + start;
}

function inkPixels(
  raster: GlyphRaster,
  softness: number,
  random: RandomStream,
  into: Float32Array,
  offset: number,
): void {
  const darkness = random.between(0.7, 1);
  const noise = 0.05 * random.unit();
  for (let at = 0; at < raster.size * raster.size; at++) {
    const value = darkness * raster.ink(at, softness) + noise * bell(random);
    into[offset + at] = Math.min(255, Math.max(0, Math.round(255 * value))) / 255;
  }
}
