/**
 * Work that fills a GPU: large products and rows of large vocabularies. A CPU in place of a GPU would take minutes over it
 * and learn nothing, so it is measured on hardware alone.
 */

export const largeProductShapes: readonly (readonly [m: number, k: number, n: number])[] = [
  [1024, 1024, 1024],
  [2048, 2048, 2048],
  [4096, 4096, 4096],
];

export const largeRowShapes: readonly (readonly [rows: number, classes: number])[] = [
  [1_048_576, 10],
  [16_384, 1024],
  [8192, 2048],
  [4096, 4096],
  [2048, 8192],
  [1024, 16_384],
  [512, 32_768],
  [128, 151_936],
];
