/** The kinds of fields that a specification is made of, each within its limits. */
import * as v from 'valibot';
import { limits, type Range } from './limits.ts';

export const real = (range: Range) => {
  const wanted = between(range);
  return v.pipe(v.number(), v.finite(wanted), v.minValue(range.min, wanted), v.maxValue(range.max, wanted));
};
export const whole = (range: Range) =>
  v.pipe(real(range), v.integer(`a whole number from ${between(range)}`));
export const u32 = whole(limits.seed);
export const text = (max: number) => v.pipe(v.string(), v.maxLength(max));
export const classIndex = whole({ min: 0, max: limits.classes.max - 1 });

/** What an error says was wanted. */
function between({ min, max }: Range): string {
  return `${min} to ${max}`;
}

const ranged = new Set(['finite', 'min_value', 'max_value', 'integer']);

/** What was wanted where an issue arose, in words; of numbers, their whole range. */
export function wantedOf({ type, expected, message, received }: v.BaseIssue<unknown>): string {
  if (ranged.has(type)) return message;
  if (expected === 'never') return 'no such field';
  if (expected === 'Object') return 'an object';
  return expected === null || received === 'undefined' ? 'this field' : expected;
}

/** What stood there instead. */
export function gotOf({ received, expected, input }: v.BaseIssue<unknown>): string {
  if (expected === 'never' && input !== undefined) return JSON.stringify(input).slice(0, 80);
  return received === 'undefined' ? 'nothing' : received;
}
