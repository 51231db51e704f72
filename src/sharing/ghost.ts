/**
 * A ghost: the result that a link carries, drawn under the run that its reader makes. Curves are 128 points at most,
 * in thousandths; differences of neighbours keep them short.
 */
import * as v from 'valibot';

export interface GhostCurve {
  /** Index of the arm in the specification. */
  readonly arm: number;
  /** Headline at steps evenly from the first to the last, 0 to 1. */
  readonly values: readonly number[];
}

export interface Ghost {
  readonly appVersion: string;
  readonly adapter: string;
  /** First 12 digits of the teacher's SHA-256. */
  readonly teacher: string;
  readonly fingerprint: string;
  readonly steps: readonly [first: number, last: number];
  readonly curves: readonly GhostCurve[];
}

export const ghostLimits = { curves: 3, points: 128 } as const;
const thousand = 1000;
const step = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1_000_000));

/** As it stands in a link: short keys, curves as differences of thousandths. */
const plainSchema = v.strictObject({
  v: v.pipe(v.string(), v.maxLength(20)),
  a: v.pipe(v.string(), v.maxLength(40)),
  t: v.pipe(v.string(), v.regex(/^[0-9a-f]{0,12}$/)),
  f: v.pipe(v.string(), v.maxLength(64)),
  s: v.tuple([step, step]),
  c: v.pipe(
    v.array(
      v.strictObject({
        i: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(7)),
        d: v.pipe(
          v.array(v.pipe(v.number(), v.integer(), v.minValue(-thousand), v.maxValue(thousand))),
          v.minLength(2),
          v.maxLength(ghostLimits.points),
        ),
      }),
    ),
    v.maxLength(ghostLimits.curves),
  ),
});

export type PlainGhost = v.InferOutput<typeof plainSchema>;

export function plainGhost(ghost: Ghost): PlainGhost {
  return {
    v: ghost.appVersion.slice(0, 20),
    a: ghost.adapter.slice(0, 40),
    t: ghost.teacher.slice(0, 12),
    f: ghost.fingerprint,
    s: [ghost.steps[0], ghost.steps[1]],
    c: ghost.curves.slice(0, ghostLimits.curves).map(({ arm, values }) => {
      const points = resampled(values, ghostLimits.points).map((value) =>
        Math.round(Math.min(1, Math.max(0, value)) * thousand),
      );
      return { i: arm, d: points.map((point, i) => point - (points[i - 1] ?? 0)) };
    }),
  };
}

/** Null where it is none, or its curves leave 0…1. */
export function ghostFromPlain(input: unknown): Ghost | null {
  const result = v.safeParse(plainSchema, input);
  if (!result.success) return null;
  const { v: appVersion, a: adapter, t: teacher, f: fingerprint, s: steps, c } = result.output;
  const curves = c.map(({ i: arm, d }) => {
    let sum = 0;
    return {
      arm,
      values: d.map((change) => {
        sum += change;
        return sum / thousand;
      }),
    };
  });
  if (curves.some(({ values }) => values.some((value) => value < 0 || value > 1))) return null;
  return { appVersion, adapter, teacher, fingerprint, steps, curves };
}

function resampled(values: readonly number[], most: number): readonly number[] {
  if (values.length <= most) return values;
  return Array.from(
    { length: most },
    (_, i) => values[Math.round((i * (values.length - 1)) / (most - 1))] ?? 0,
  );
}
