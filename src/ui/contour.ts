/**
 * Where the answer changes between the cells of a grid: marching squares over how far the logit of a class is above all
 * others, so that a line runs where two logits are equal and not along the edges of cells.
 */

/** Ends of segments as x, y, x, y, in cells from the top left corner. Logits are (side², classes), known at cells' middles. */
export function boundaryLines(logits: Float32Array, side: number, classes: number): number[] {
  const lines: number[] = [];
  // Between two classes the line of the one is the line of the other.
  const drawn = classes === 2 ? 1 : classes;
  const lead = new Float32Array(side * side);
  for (let c = 0; c < drawn; c++) {
    for (let cell = 0; cell < lead.length; cell++) lead[cell] = leadOf(logits, cell * classes, classes, c);
    zeroLines(lead, side, lines);
  }
  return lines;
}

function leadOf(logits: Float32Array, start: number, classes: number, of: number): number {
  let other = Number.NEGATIVE_INFINITY;
  for (let c = 0; c < classes; c++) if (c !== of) other = Math.max(other, logits[start + c] ?? 0);
  return (logits[start + of] ?? 0) - other;
}

/** Squares between middles of cells, and beyond the outermost middles half a cell more, so that lines reach the rim. */
function zeroLines(field: Float32Array, side: number, lines: number[]): void {
  const within = (i: number) => Math.min(side - 1, Math.max(0, i));
  const place = (i: number) => Math.min(side, Math.max(0, i + 0.5));
  const value = (x: number, y: number) => field[within(y) * side + within(x)] ?? 0;
  for (let y = -1; y < side; y++) {
    for (let x = -1; x < side; x++) {
      const corners = [value(x, y), value(x + 1, y), value(x + 1, y + 1), value(x, y + 1)] as const;
      const above = corners.filter((corner) => corner >= 0).length;
      if (above === 0 || above === 4) continue;
      squareLines(corners, [place(x), place(y), place(x + 1), place(y + 1)], lines);
    }
  }
}

type Four = readonly [number, number, number, number];

/** The crossings of the four sides in order; of four the middle tells which belong together. */
function squareLines([a, b, c, d]: Four, [left, top, right, bottom]: Four, lines: number[]): void {
  const at: number[] = [];
  const cross = (u: number, v: number, x0: number, y0: number, x1: number, y1: number) => {
    if (u >= 0 === v >= 0) return;
    const share = u / (u - v);
    at.push(x0 + (x1 - x0) * share, y0 + (y1 - y0) * share);
  };
  cross(a, b, left, top, right, top);
  cross(b, c, right, top, right, bottom);
  cross(c, d, right, bottom, left, bottom);
  cross(d, a, left, bottom, left, top);
  const [x0 = 0, y0 = 0, x1 = 0, y1 = 0, x2, y2 = 0, x3 = 0, y3 = 0] = at;
  if (x2 === undefined) lines.push(x0, y0, x1, y1);
  else if (a >= 0 === a + b + c + d >= 0) lines.push(x0, y0, x1, y1, x2, y2, x3, y3);
  else lines.push(x3, y3, x0, y0, x1, y1, x2, y2);
}
