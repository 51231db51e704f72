/**
 * From a pen's path to pixels: straight pieces with a radius, and how dark each pixel is under their union. It knows
 * neither digits nor chance.
 */

/** A square of pixels that holds, for each centre, the largest (radius − distance) to any piece drawn, in pixels. */
export class GlyphRaster {
  readonly size: number;
  readonly #depth: Float64Array;

  constructor(size: number) {
    this.size = size;
    this.#depth = new Float64Array(size * size);
  }

  clear(): void {
    this.#depth.fill(Number.NEGATIVE_INFINITY);
  }

  /**
   * Draws the piece from (ax, ay) to (bx, by), in pixels from the upper left corner. Pixels farther away than
   * radius + reach stay as they are.
   */
  piece(ax: number, ay: number, bx: number, by: number, radius: number, reach: number): void {
    const { size } = this;
    const far = radius + reach;
    const left = Math.max(0, Math.floor(Math.min(ax, bx) - far));
    const right = Math.min(size - 1, Math.ceil(Math.max(ax, bx) + far));
    const top = Math.max(0, Math.floor(Math.min(ay, by) - far));
    const bottom = Math.min(size - 1, Math.ceil(Math.max(ay, by) + far));
    const [dx, dy] = [bx - ax, by - ay];
    const square = dx * dx + dy * dy;
    const scale = square > 0 ? 1 / square : 0;
    for (let row = top; row <= bottom; row++) {
      const py = row + 0.5 - ay;
      for (let column = left; column <= right; column++) {
        const px = column + 0.5 - ax;
        const along = Math.min(1, Math.max(0, (px * dx + py * dy) * scale));
        const [ex, ey] = [px - along * dx, py - along * dy];
        const depth = radius - Math.sqrt(ex * ex + ey * ey);
        const at = row * size + column;
        if (depth > (this.#depth[at] ?? 0)) this.#depth[at] = depth;
      }
    }
  }

  /** Ink of pixel `at`, 0 to 1: from none to full over `softness` pixels around the edge. */
  ink(at: number, softness: number): number {
    const ink = 0.5 + (this.#depth[at] ?? 0) / softness;
    return ink <= 0 ? 0 : Math.min(1, ink);
  }
}
