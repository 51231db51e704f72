/**
 * Planes: points of two or three classes in the plane, so that a model's decisions can be drawn. Four shapes, each
 * with Gaussian noise. It draws no picture: it gives the points, the picture's extent and its grid.
 *
 * Coordinates: each shape is laid out at natural size (moons and outer ring of radius 1, spirals of radius 1, board
 * of half-width 1), noise σ is added in those units, and then the whole is centred and multiplied by one scale a
 * shape, which brings it to about [−2, 2] in x and y. Values are multiples of 2⁻¹², so that a last-bit difference
 * between two engines' sines never changes a data set.
 */
import { RandomStream } from '../tensor/random.ts';
import type { Task } from './task.ts';

export const planeShapes = ['moons', 'spirals', 'rings', 'checkerboard'] as const;
export type PlaneShape = (typeof planeShapes)[number];

export interface Extent {
  readonly x: readonly [low: number, high: number];
  readonly y: readonly [low: number, high: number];
}

export interface PlaneTask extends Task {
  readonly shape: PlaneShape;
  readonly noise: number;
  /** What the picture shows, in the units of the inputs; y points up. */
  readonly extent: Extent;
  /** The class that the noiseless shape has at or nearest to a point. */
  classAt(x: number, y: number): number;
}

type Point = readonly [x: number, y: number];

interface ShapeDefinition {
  readonly classNames: readonly string[];
  readonly centre: Point;
  readonly scale: number;
  /** A noiseless point of a class, at natural size. */
  draw(label: number, random: RandomStream): Point;
  /** The class at a point of natural size. */
  classAt(x: number, y: number): number;
}

const extent: Extent = { x: [-2.5, 2.5], y: [-2.5, 2.5] };

/** Two half circles that interlock, as in scikit-learn's make_moons. */
const moons: ShapeDefinition = {
  classNames: ['upper', 'lower'],
  centre: [0.5, 0.25],
  scale: 1.25,
  draw(label, random) {
    const angle = Math.PI * random.unit();
    const [x, y] = [Math.cos(angle), Math.sin(angle)];
    return label === 0 ? [x, y] : [1 - x, 0.5 - y];
  },
  classAt(x, y) {
    return toUpperHalfCircle(x, y) <= toUpperHalfCircle(1 - x, 0.5 - y) ? 0 : 1;
  },
};

const turns = 1.25;
const arms = 3;

/** Archimedean spirals r = t, angle 2π·turns·t, one a third of a turn after the other. */
const spirals: ShapeDefinition = {
  classNames: ['first', 'second', 'third'],
  centre: [0, 0],
  scale: 2,
  draw(label, random) {
    // The square root spreads points evenly along the arm.
    return spiralPoint(label, 0.1 + 0.9 * Math.sqrt(random.unit()));
  },
  classAt(x, y) {
    const distances = Array.from({ length: arms }, (_, label) => toSpiral(label, x, y));
    return distances.indexOf(Math.min(...distances));
  },
};

const innerRadius = 0.5;

const rings: ShapeDefinition = {
  classNames: ['inner', 'outer'],
  centre: [0, 0],
  scale: 1.8,
  draw(label, random) {
    const angle = 2 * Math.PI * random.unit();
    const radius = label === 0 ? innerRadius : 1;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  },
  classAt(x, y) {
    return Math.hypot(x, y) < (1 + innerRadius) / 2 ? 0 : 1;
  },
};

/** 4 × 4 fields over [−1, 1]². */
const checkerboard: ShapeDefinition = {
  classNames: ['light', 'dark'],
  centre: [0, 0],
  scale: 2,
  draw(label, random) {
    const field = 2 * random.integer(8);
    const row = Math.floor(field / 4);
    const column = (field % 4) + ((row + label) % 2);
    return [(column + random.unit()) / 2 - 1, (row + random.unit()) / 2 - 1];
  },
  classAt(x, y) {
    return (((Math.floor(2 * x) + Math.floor(2 * y)) % 2) + 2) % 2;
  },
};

const definitions: Readonly<Record<PlaneShape, ShapeDefinition>> = { moons, spirals, rings, checkerboard };

/** Points of one shape; `noise` is σ at natural size (.2 for the two moons of the preset). */
export function planeTask(shape: PlaneShape, noise: number): PlaneTask {
  const definition = definitions[shape];
  const { centre, scale, classNames } = definition;
  return {
    id: `planes-${shape}-${noise}`,
    title: `Planes: ${shape}`,
    inputShape: [2],
    classNames,
    shape,
    noise,
    extent,
    classAt: (x, y) => definition.classAt(x / scale + centre[0], y / scale + centre[1]),
    sample(seed, stream, index, into, offset) {
      const random = new RandomStream(seed, index, stream);
      const label = random.integer(classNames.length);
      const [x, y] = definition.draw(label, random);
      into[offset] = rounded((x + noise * random.normal() - centre[0]) * scale);
      into[offset + 1] = rounded((y + noise * random.normal() - centre[1]) * scale);
      return label;
    },
    everywhere(seed, stream, index, into, offset) {
      const random = new RandomStream(seed, index, stream);
      const x = rounded(random.between(...extent.x));
      const y = rounded(random.between(...extent.y));
      into[offset] = x;
      into[offset + 1] = y;
      return this.classAt(x, y);
    },
  };
}

/**
 * The centres of a picture of side × side pixels, (side², 2): rows from the top (largest y) down, columns from the
 * left. Row r, column c is point r·side + c.
 */
export function planeGrid(task: Pick<PlaneTask, 'extent'>, side: number): Float32Array<ArrayBuffer> {
  const [left, right] = task.extent.x;
  const [bottom, top] = task.extent.y;
  const points = new Float32Array(2 * side * side);
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const at = 2 * (row * side + column);
      points[at] = left + ((right - left) * (column + 0.5)) / side;
      points[at + 1] = top - ((top - bottom) * (row + 0.5)) / side;
    }
  }
  return points;
}

function rounded(value: number): number {
  return Math.round(value * 4096) / 4096;
}

/** Distance to the half circle of radius 1 above the x axis. */
function toUpperHalfCircle(x: number, y: number): number {
  return y >= 0 ? Math.abs(Math.hypot(x, y) - 1) : Math.hypot(Math.abs(x) - 1, y);
}

function spiralPoint(label: number, t: number): Point {
  const angle = 2 * Math.PI * (turns * t + label / arms);
  return [t * Math.cos(angle), t * Math.sin(angle)];
}

/** Distance to an arm, to a hundredth: the nearest of 200 points along it. */
function toSpiral(label: number, x: number, y: number): number {
  let nearest = Number.POSITIVE_INFINITY;
  for (let i = 0; i <= 200; i++) {
    const [ax, ay] = spiralPoint(label, 0.1 + (0.9 * i) / 200);
    nearest = Math.min(nearest, Math.hypot(x - ax, y - ay));
  }
  return nearest;
}
