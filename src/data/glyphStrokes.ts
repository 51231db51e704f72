/**
 * The skeletons of handwritten digits: control points only, by hand. Each way of writing a digit is two drawings with
 * the same points, and a sample lies somewhere between them. No randomness and no pixels are here.
 *
 * Coordinates: hundredths of the digit's box, x to the right, y down, flat pairs x, y.
 */

export interface Stroke {
  /** Points that the pen passes, (2 × n). */
  readonly points: readonly number[];
  /** Indices of the points where the pen turns sharply; elsewhere the line is smooth. */
  readonly corners: readonly number[];
}

export interface Skeleton {
  /** How often the digit is written this way, against its other skeletons. */
  readonly weight: number;
  readonly from: readonly Stroke[];
  readonly to: readonly Stroke[];
}

const stroke = (points: readonly number[], ...corners: readonly number[]): Stroke => ({ points, corners });

const zero: readonly Skeleton[] = [
  {
    weight: 3,
    from: [stroke([58, 3, 34, 10, 22, 48, 32, 88, 52, 98, 70, 86, 80, 50, 70, 12, 50, 2])],
    to: [stroke([50, 0, 16, 12, 2, 48, 14, 86, 48, 100, 86, 86, 98, 50, 84, 14, 44, 4])],
  },
  {
    weight: 1,
    from: [stroke([36, 6, 14, 26, 10, 58, 26, 92, 58, 98, 84, 76, 86, 34, 66, 4, 34, 6, 26, 22])],
    to: [stroke([70, 8, 38, 2, 12, 34, 8, 74, 30, 98, 66, 86, 90, 48, 88, 16, 62, 2, 46, 16])],
  },
];

const one: readonly Skeleton[] = [
  {
    weight: 3,
    from: [stroke([50, 0, 50, 34, 50, 68, 50, 100])],
    to: [stroke([56, 0, 50, 34, 48, 68, 46, 100])],
  },
  {
    weight: 3,
    from: [stroke([34, 16, 52, 0, 51, 50, 50, 100], 1)],
    to: [stroke([18, 34, 58, 0, 56, 50, 54, 100], 1)],
  },
  {
    weight: 1,
    from: [stroke([30, 20, 52, 0, 52, 50, 50, 98], 1), stroke([28, 99, 50, 98, 74, 98])],
    to: [stroke([22, 28, 54, 0, 54, 50, 54, 97], 1), stroke([16, 98, 50, 97, 88, 96])],
  },
];

const two: readonly Skeleton[] = [
  {
    weight: 3,
    from: [stroke([16, 22, 34, 3, 64, 4, 80, 24, 66, 54, 38, 80, 12, 98, 50, 97, 90, 96], 6)],
    to: [stroke([8, 30, 26, 4, 66, 0, 92, 26, 78, 56, 44, 78, 4, 94, 48, 95, 98, 100], 6)],
  },
  {
    weight: 2,
    from: [stroke([14, 18, 42, 0, 76, 16, 70, 50, 40, 84, 16, 98, 8, 86, 28, 78, 56, 92, 92, 94])],
    to: [stroke([10, 26, 40, 2, 84, 18, 74, 52, 44, 84, 18, 100, 4, 82, 26, 70, 62, 96, 98, 84])],
  },
];

const three: readonly Skeleton[] = [
  {
    weight: 4,
    from: [stroke([14, 12, 42, 0, 74, 14, 68, 36, 40, 47, 72, 56, 84, 78, 54, 100, 12, 90], 4)],
    to: [stroke([8, 18, 44, 0, 88, 16, 80, 40, 34, 50, 84, 56, 94, 80, 54, 100, 4, 82], 4)],
  },
  {
    // The waist is a small loop, and the ends curl towards an 8.
    weight: 2,
    from: [stroke([16, 20, 36, 1, 74, 10, 76, 34, 48, 50, 36, 46, 50, 44, 82, 62, 82, 88, 48, 100, 10, 86])],
    to: [stroke([18, 26, 36, 2, 78, 8, 80, 34, 50, 52, 32, 48, 50, 42, 86, 60, 84, 90, 46, 100, 10, 80])],
  },
  {
    // Flat above, as a 5 or a 2 may be.
    weight: 1,
    from: [stroke([14, 4, 48, 3, 82, 2, 62, 22, 42, 40, 78, 52, 84, 80, 50, 100, 10, 88], 2, 4)],
    to: [stroke([8, 10, 46, 4, 88, 4, 66, 20, 50, 36, 86, 50, 90, 84, 46, 100, 4, 84], 2, 4)],
  },
];

const four: readonly Skeleton[] = [
  {
    weight: 3,
    from: [stroke([28, 4, 20, 34, 12, 60, 50, 60, 90, 58], 2), stroke([68, 22, 66, 60, 64, 100])],
    to: [stroke([18, 2, 14, 28, 10, 52, 46, 54, 84, 48], 2), stroke([84, 2, 78, 50, 72, 100])],
  },
  {
    weight: 2,
    from: [stroke([62, 0, 36, 34, 8, 66, 48, 66, 92, 66], 2), stroke([62, 0, 63, 50, 63, 100])],
    to: [stroke([70, 0, 38, 28, 8, 58, 48, 58, 98, 56], 2), stroke([72, 0, 70, 50, 66, 100])],
  },
  {
    // One stroke, near to a 9.
    weight: 1,
    from: [stroke([22, 4, 12, 32, 24, 50, 56, 46, 80, 4, 76, 40, 70, 70, 66, 100], 4)],
    to: [stroke([26, 8, 8, 46, 26, 58, 64, 50, 88, 14, 82, 44, 76, 72, 72, 100], 4)],
  },
];

const five: readonly Skeleton[] = [
  {
    weight: 3,
    from: [
      stroke([26, 4, 22, 24, 18, 46, 48, 38, 80, 54, 82, 80, 52, 100, 12, 92], 2),
      stroke([26, 4, 52, 3, 80, 2]),
    ],
    to: [
      stroke([20, 6, 18, 26, 16, 44, 50, 34, 90, 52, 90, 82, 50, 100, 4, 86], 2),
      stroke([18, 6, 56, 4, 96, 0]),
    ],
  },
  {
    weight: 2,
    from: [stroke([84, 2, 56, 3, 28, 4, 24, 24, 20, 44, 52, 40, 80, 58, 78, 84, 48, 100, 12, 90], 2, 4)],
    to: [stroke([92, 4, 56, 4, 22, 6, 16, 24, 12, 40, 54, 42, 88, 62, 80, 92, 44, 100, 6, 94], 2, 4)],
  },
  {
    // Without corners, near to an S and to the 3.
    weight: 1,
    from: [stroke([84, 4, 52, 2, 24, 12, 22, 34, 48, 44, 80, 60, 80, 86, 46, 100, 10, 90])],
    to: [stroke([88, 10, 54, 0, 20, 14, 26, 36, 54, 44, 90, 64, 82, 92, 42, 100, 8, 84])],
  },
];

const six: readonly Skeleton[] = [
  {
    weight: 3,
    from: [stroke([68, 2, 40, 20, 18, 56, 20, 86, 46, 100, 76, 88, 80, 66, 56, 54, 26, 68])],
    to: [stroke([78, 4, 38, 14, 10, 50, 14, 88, 50, 100, 88, 84, 86, 58, 54, 46, 16, 66])],
  },
  {
    weight: 2,
    from: [stroke([50, 0, 34, 28, 24, 60, 28, 90, 50, 100, 70, 88, 70, 70, 52, 64, 30, 80])],
    to: [stroke([40, 0, 22, 28, 12, 62, 22, 92, 54, 100, 84, 86, 80, 66, 50, 62, 18, 84])],
  },
];

const seven: readonly Skeleton[] = [
  {
    weight: 3,
    from: [stroke([14, 6, 48, 5, 84, 4, 66, 38, 52, 68, 42, 100], 2)],
    to: [stroke([4, 4, 46, 4, 94, 2, 76, 34, 58, 66, 36, 100], 2)],
  },
  {
    weight: 2,
    from: [stroke([14, 6, 48, 5, 84, 4, 66, 38, 52, 68, 42, 100], 2), stroke([34, 50, 54, 49, 76, 48])],
    to: [stroke([6, 8, 48, 4, 92, 2, 74, 36, 56, 66, 40, 100], 2), stroke([26, 54, 58, 50, 90, 46])],
  },
  {
    // A hook at the left, and a curved back.
    weight: 1,
    from: [stroke([14, 22, 16, 6, 50, 6, 82, 4, 62, 44, 54, 100], 1, 3)],
    to: [stroke([6, 26, 12, 6, 50, 10, 92, 4, 64, 40, 62, 100], 1, 3)],
  },
];

const eight: readonly Skeleton[] = [
  {
    weight: 3,
    from: [
      stroke([72, 14, 48, 0, 26, 18, 40, 42, 70, 60, 74, 86, 48, 100, 24, 86, 32, 60, 60, 42, 74, 22, 66, 8]),
    ],
    to: [
      stroke([86, 12, 48, 0, 14, 18, 36, 44, 80, 62, 90, 88, 48, 100, 10, 86, 22, 60, 64, 42, 88, 22, 76, 4]),
    ],
  },
  {
    // Two circles, one on the other.
    weight: 1,
    from: [
      stroke([50, 2, 28, 14, 30, 36, 50, 47, 70, 36, 72, 14, 48, 2]),
      stroke([50, 47, 24, 60, 24, 86, 50, 100, 76, 86, 76, 60, 48, 47]),
    ],
    to: [
      stroke([54, 0, 22, 10, 26, 34, 52, 42, 78, 32, 78, 10, 46, 1]),
      stroke([50, 42, 12, 56, 14, 88, 50, 100, 88, 86, 86, 56, 46, 42]),
    ],
  },
];

const nine: readonly Skeleton[] = [
  {
    weight: 3,
    from: [stroke([76, 18, 52, 2, 26, 14, 22, 38, 46, 50, 70, 38, 78, 14, 74, 56, 70, 100], 6)],
    to: [stroke([84, 14, 50, 0, 14, 16, 12, 42, 46, 56, 80, 38, 88, 8, 84, 54, 78, 100], 6)],
  },
  {
    // A curved tail, which brings it near to the 3.
    weight: 2,
    from: [stroke([78, 22, 52, 2, 24, 14, 24, 38, 50, 48, 76, 32, 82, 56, 66, 92, 28, 98])],
    to: [stroke([86, 20, 52, 0, 16, 12, 14, 40, 46, 52, 82, 34, 90, 58, 72, 96, 12, 92])],
  },
];

/** Skeletons of each digit, by its value. */
export const digitSkeletons: readonly (readonly Skeleton[])[] = [
  zero,
  one,
  two,
  three,
  four,
  five,
  six,
  seven,
  eight,
  nine,
];
