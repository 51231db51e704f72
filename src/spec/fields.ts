/** The kinds of fields that a specification is made of, each within its limits. */
import * as v from 'valibot';
import { limits, type Range } from './limits.ts';

export const real = (range: Range) =>
  v.pipe(v.number(), v.finite(), v.minValue(range.min), v.maxValue(range.max));
export const whole = (range: Range) => v.pipe(real(range), v.integer());
export const u32 = whole({ min: 0, max: 0xffff_ffff });
export const text = (max: number) => v.pipe(v.string(), v.maxLength(max));
export const classIndex = whole({ min: 0, max: limits.classes.max - 1 });
