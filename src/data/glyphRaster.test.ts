import { describe, expect, test } from 'vitest';
import { GlyphRaster } from './glyphRaster.ts';

describe('a raster', () => {
  test('is blank before anything is drawn, and again after clearing', () => {
    const raster = new GlyphRaster(4);
    raster.clear();
    raster.piece(2, 2, 2, 2, 1, 1);
    expect(raster.ink(5, 1)).toBeGreaterThan(0);
    raster.clear();
    expect(Array.from({ length: 16 }, (_, at) => raster.ink(at, 1))).toEqual(new Array(16).fill(0));
  });

  test('draws a dot as a disc: full within the radius, half at it, none beyond the edge', () => {
    const raster = new GlyphRaster(8);
    raster.clear();
    raster.piece(3.5, 3.5, 3.5, 3.5, 2, 1);
    const at = (column: number) => raster.ink(3 * 8 + column, 1);
    expect([at(0), at(1), at(2), at(3), at(4), at(5), at(6)]).toEqual([0, 0.5, 1, 1, 1, 0.5, 0]);
  });

  test('two pieces that cross are no darker where they meet', () => {
    const raster = new GlyphRaster(8);
    raster.clear();
    raster.piece(0, 4, 8, 4, 0.2, 2);
    const before = raster.ink(3 * 8 + 3, 2);
    raster.piece(4, 0, 4, 8, 0.2, 2);
    expect(before).toBeGreaterThan(0);
    expect(raster.ink(3 * 8 + 3, 2)).toBe(before);
  });

  test('a piece outside the picture draws nothing and one across its edge is cut', () => {
    const raster = new GlyphRaster(4);
    raster.clear();
    raster.piece(-20, -20, -10, 40, 1, 1);
    raster.piece(2, -9, 2, 1, 0.6, 1);
    const inked = Array.from({ length: 16 }, (_, at) => at).filter((at) => raster.ink(at, 1) > 0.5);
    expect(inked).toEqual([1, 2]);
  });
});
