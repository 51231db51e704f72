/** Boundaries are drawn where logits are equal, whatever the grid. */
import { describe, expect, it } from 'vitest';
import { boundaryLines } from './contour.ts';

const side = 12;

/** Logits of a grid from functions of a cell's middle. */
function grid(...logits: readonly ((x: number, y: number) => number)[]): Float32Array {
  const cells = Array.from({ length: side * side }, (_, i) => [(i % side) + 0.5, Math.floor(i / side) + 0.5]);
  return Float32Array.from(cells.flatMap(([x = 0, y = 0]) => logits.map((of) => of(x, y))));
}

function points(lines: readonly number[]): [number, number][] {
  return Array.from({ length: lines.length / 2 }, (_, i) => [lines[2 * i] ?? 0, lines[2 * i + 1] ?? 0]);
}

describe('the line where the answer changes', () => {
  it('is straight where two logits are equal on a slanting line, and reaches the rim', () => {
    const found = points(
      boundaryLines(
        grid(
          (x, y) => y - 0.3 * x - 4,
          () => 0,
        ),
        side,
        2,
      ),
    );
    const inner = found.filter(([x]) => x > 0.5 && x < side - 0.5);
    for (const [x, y] of inner) expect(y).toBeCloseTo(4 + 0.3 * x, 4);
    expect(Math.min(...found.map(([x]) => x))).toBe(0);
    expect(Math.max(...found.map(([x]) => x))).toBe(side);
  });

  it('closes round a hill: each end of a segment is the end of another', () => {
    const lines = boundaryLines(
      grid(
        (x, y) => 9 - (x - 6.2) ** 2 - (y - 5.9) ** 2,
        () => 0,
      ),
      side,
      2,
    );
    const ends = points(lines).map(([x, y]) => `${x.toFixed(4)} ${y.toFixed(4)}`);
    expect(ends.length).toBeGreaterThan(16);
    for (const end of ends) expect(ends.filter((other) => other === end)).toHaveLength(2);
    for (const [x, y] of points(lines)) expect(Math.hypot(x - 6.2, y - 5.9)).toBeCloseTo(3, 0);
  });

  it('parts four quarters at a saddle by what the middle of the square is', () => {
    const quarters = grid(
      (x, y) => (x - 6) * (y - 6) + 0.05,
      () => 0,
    );
    const lines = boundaryLines(quarters, side, 2);
    const middles = Array.from({ length: lines.length / 4 }, (_, i) => {
      const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = lines.slice(4 * i);
      return [(x0 + x1) / 2 - 6, (y0 + y1) / 2 - 6] as const;
    }).filter(([x, y]) => Math.hypot(x, y) < 0.7);
    expect(middles).toHaveLength(2);
    // The middle belongs to the positive quarters, so the lines cut off corners of the two others.
    for (const [x, y] of middles) expect(x * y).toBeLessThan(0);
  });

  it('parts three classes from each other, and one class from none', () => {
    const three = boundaryLines(
      grid(
        (x) => -x,
        (x) => x - 12,
        (_, y) => y - 14,
      ),
      side,
      3,
    );
    for (const [x, y] of points(three)) {
      const sorted = [-x, x - 12, y - 14].sort((a, b) => b - a);
      expect(Math.abs((sorted[0] ?? 0) - (sorted[1] ?? 0))).toBeLessThan(0.8);
    }
    expect(three.length).toBeGreaterThan(0);
    expect(
      boundaryLines(
        grid(
          () => 1,
          () => 0,
        ),
        side,
        2,
      ),
    ).toEqual([]);
  });
});
