/**
 * The functions of the language and what they are of every number: each is total, so that a formula has a value wherever
 * its logits are finite. A logarithm and a root see nothing below `tiny`, a division by less than `tiny` is 0, and e^x
 * stops at x = 87, where float32 ends. The shader's twins are in shaders/distill/terms/formula.wgsl.
 */

export const tiny = 1e-37;
const largestExponent = 87;

export interface Function {
  readonly arity: number;
  readonly value: (a: number, b: number, c: number) => number;
}

const exp = (x: number): number => (x > -largestExponent ? Math.exp(Math.min(x, largestExponent)) : 0);
const sigmoid = (x: number): number => 1 / (1 + exp(-x));

/** What may be written in a formula. */
const written = {
  log: { arity: 1, value: (x) => Math.log(Math.max(x, tiny)) },
  exp: { arity: 1, value: exp },
  sqrt: { arity: 1, value: (x) => (x > tiny ? Math.sqrt(x) : 0) },
  abs: { arity: 1, value: Math.abs },
  sign: { arity: 1, value: Math.sign },
  relu: { arity: 1, value: (x) => Math.max(x, 0) },
  tanh: { arity: 1, value: Math.tanh },
  sigmoid: { arity: 1, value: sigmoid },
  log1p: { arity: 1, value: (x) => Math.log1p(Math.max(x, -1 + 2 ** -23)) },
  expm1: { arity: 1, value: (x) => Math.expm1(Math.min(x, largestExponent)) },
  softplus: { arity: 1, value: (x) => Math.max(x, 0) + Math.log1p(exp(-Math.abs(x))) },
  min: { arity: 2, value: (a, b) => Math.min(a, b) },
  max: { arity: 2, value: (a, b) => Math.max(a, b) },
} as const satisfies Record<string, Function>;

/** What rewriting puts in their place. */
const internal = {
  /** aᵇ for a > 0, else 0. */
  power: { arity: 2, value: (a, b) => (a > tiny ? exp(b * Math.log(a)) : 0) },
  /** log(1 − w + w·eˣ), w from 0 to 1. */
  log_mix: {
    arity: 2,
    value: (w, x) => {
      if (w >= 1) return x;
      if (w <= 0) return 0;
      if (x <= 10) return Math.log1p(w * Math.expm1(x));
      const [stays, grows] = [Math.log1p(-w), Math.log(w) + x];
      return Math.max(stays, grows) + Math.log1p(Math.exp(-Math.abs(stays - grows)));
    },
  },
  /** w·(eˣ − 1 − x), where w·eˣ is the third. */
  excess: {
    arity: 3,
    value: (w, x, grown) => (x > 10 ? grown - w * (1 + x) : w * (Math.expm1(x) - x)),
  },
} as const satisfies Record<string, Function>;

export type WrittenName = keyof typeof written;
export type FunctionName = WrittenName | keyof typeof internal;

export const functions: Readonly<Record<FunctionName, Function>> = { ...written, ...internal };
const byName: ReadonlyMap<string, WrittenName> = new Map(
  (Object.keys(written) as WrittenName[]).map((name) => [name, name]),
);

/** The function that a formula means by a name from outside. */
export function findFunction(name: string): WrittenName | undefined {
  return byName.get(name);
}

export const functionNames: readonly string[] = [...byName.keys()];
