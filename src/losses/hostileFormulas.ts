/**
 * Formulas drawn by lot, good and hostile, and what must hold of each: it is refused with a place and a remedy, or its
 * value and gradient are those of the same text computed as it stands. Each comes from a seed and its number, so that any
 * of them can be drawn again alone.
 */
import { RandomStream } from '../tensor/random.ts';
import { directValue } from './formula/directValue.ts';
import { compileFormula, type Formula } from './formula/formula.ts';
import { FormulaError } from './formula/formulaError.ts';
import { probe } from './probe.ts';

export interface FormulaTally {
  readonly faults: readonly string[];
  readonly refused: number;
  readonly accepted: number;
  /** Accepted and compared: away from kinks, ends of domains and overflow. */
  readonly compared: number;
  /** Milliseconds of the slowest. */
  readonly worst: number;
  /** Those that were accepted, for compilers. */
  readonly formulas: readonly Formula[];
}

/** Relative to the largest of value and gradient. */
const tolerance = 1e-6;
const classes = 4;
const slow = 100;
const textSeed = 0xf0_12_34;

export function fuzzFormulas(count: number, seed: number, from = 0): FormulaTally {
  const faults: string[] = [];
  const formulas: Formula[] = [];
  let [refused, compared, worst] = [0, 0, 0];
  for (let i = from; i < from + count; i++) {
    const random = new RandomStream(seed, i, textSeed);
    const text = i % 4 === 3 ? hostileText(random) : formulaText(random);
    worst = Math.max(worst, timed(text));
    try {
      const formula = compileFormula(text);
      formulas.push(formula);
      const found = judged(formula, random);
      if (found === 'compared') compared += 1;
      else if (found !== 'edge') faults.push(`${i}: ${found} in ${JSON.stringify(text)}`);
    } catch (error) {
      const fault = refusalFault(error, text);
      if (fault === null) refused += 1;
      else faults.push(`${i}: ${fault} in ${JSON.stringify(text)}`);
    }
  }
  return { faults, refused, accepted: formulas.length, compared, worst, formulas };
}

/** Milliseconds to read it, refused or not: the least of three where the first was long, since machines pause. */
function timed(text: string): number {
  const once = (i: number): number => {
    const start = performance.now();
    try {
      // A space at the end, so that no earlier reading is remembered.
      compileFormula(text + ' '.repeat(i));
    } catch {
      // Refused: that has its own judgement.
    }
    return performance.now() - start;
  };
  const first = once(0);
  return first < slow ? first : Math.min(first, once(1), once(2));
}

function refusalFault(error: unknown, text: string): string | null {
  if (!(error instanceof FormulaError))
    return `it broke: ${error instanceof Error ? error.message : String(error)}`;
  const { start, end } = error.span;
  if (!(start >= 0 && start <= end && start <= text.length)) return `an error at ${start}–${end}`;
  return error.message === '' || error.remedy === '' ? 'an error without words' : null;
}

/** Three rows, of which those near a kink say nothing. */
function judged(formula: Formula, random: RandomStream): string {
  let compared = false;
  for (let r = 0; r < 3; r++) {
    const numbers = () => Array.from({ length: classes }, () => random.between(-2, 2));
    const row = { student: numbers(), teacher: numbers(), label: random.integer(classes) };
    const temperature = random.between(0.6, 3);
    const values = Object.fromEntries(
      formula.parameters.map(({ name, min, max }) => [name, random.between(min, max)]),
    );
    const direct = directValue(formula.reading, { ...row, temperature, values });
    const found = probe({ id: 'formula', parameters: values, formula: formula.text }, temperature, row);
    if (found === null || direct.edge !== null) continue;
    compared = true;
    const size = Math.max(1, Math.abs(direct.loss), ...direct.gradient.map(Math.abs));
    if (!(Math.abs(found.value - direct.loss) <= tolerance * size))
      return `${found.value} for ${direct.loss}`;
    const off = direct.gradient.findIndex(
      (g, j) => !(Math.abs((found.gradient[j] ?? Number.NaN) - g) <= tolerance * size),
    );
    if (off >= 0) return `∂${off} ${found.gradient[off]} for ${direct.gradient[off]}`;
  }
  return compared ? 'compared' : 'edge';
}

const leaves = ['p', 'q', 'zs', 'zt', 'q', 'p', 'y'] as const;
const unary = [
  'log',
  'exp',
  'sqrt',
  'abs',
  'sign',
  'relu',
  'tanh',
  'sigmoid',
  'log1p',
  'expm1',
  'softplus',
] as const;
const comparisons = ['<', '<=', '>', '>=', '==', '!='] as const;
const shapes = [
  'p*log(p/q)',
  'q*log(q/p)',
  '(p - q)^2',
  'log(p/m)',
  'zs - zt',
  'y*log(q)',
  'p/m',
  'q/m',
  'log(q/m)',
  'p*log(p/m)',
] as const;

function pick<T>(random: RandomStream, list: readonly T[]): T {
  const found = list[random.integer(list.length)];
  if (found === undefined) throw new RangeError('nothing to pick from');
  return found;
}

/** Well formed; mostly well typed. */
function formulaText(random: RandomStream): string {
  const lines: string[] = [];
  const names: string[] = [];
  const parameters = random.integer(3);
  for (let i = 0; i < parameters; i++) {
    lines.push(`param b${i} = 0.5 in ${pick(random, ['0..1', '0.1..0.9', '-1..2', '0..4'])}`);
    names.push(`b${i}`);
  }
  lines.push(
    `m = ${pick(random, ['(p + q)/2', '0.3*p + 0.7*q', names[0] === undefined ? 'p' : 'b0*p + (1 - b0)*q', 'p + q'])}`,
  );
  names.push('m');
  if (random.integer(3) === 0) {
    lines.push(`w = ${classText(random, 2, names)}`);
    names.push('w');
  }
  lines.push(
    `${rowText(random, 3, names)} + sum(${classText(random, 1, names)}*${pick(random, ['q', 'zs', 'log(q)'])})`,
  );
  return lines.join('\n');
}

function rowText(random: RandomStream, depth: number, names: readonly string[]): string {
  const choice = depth === 0 ? 0 : random.integer(10);
  if (choice <= 3)
    return `${pick(random, ['sum', 'mean'])}(${classText(random, 1 + random.integer(3), names)})`;
  if (choice <= 5)
    return `(${rowText(random, depth - 1, names)} ${pick(random, ['+', '-', '*', '/'])} ${rowText(random, depth - 1, names)})`;
  if (choice === 6) return `${pick(random, unary)}(${rowText(random, depth - 1, names)})`;
  if (choice === 7) return `(${rowText(random, depth - 1, names)})^${pick(random, ['2', '-1', '0.5', '3'])}`;
  if (choice === 8) return `detach(${rowText(random, depth - 1, names)})`;
  return pick(random, ['T', 'V', '2', '0.25', '-sum(p*log(q))', 'max(p)', 'max(log(q))', 'max(zs)']);
}

function classText(random: RandomStream, depth: number, names: readonly string[]): string {
  const inner = () => classText(random, depth - 1, names);
  if (depth === 0)
    return random.integer(4) === 0 ? pick(random, [...names, '0.5', '2', 'T', 'V']) : pick(random, leaves);
  switch (random.integer(12)) {
    case 0:
    case 1:
      return pick(random, shapes);
    case 2:
    case 3:
    case 4:
      return `(${inner()} ${pick(random, ['+', '-', '*', '/'])} ${inner()})`;
    case 5:
      return `${inner()} * ${inner()}`;
    case 6:
      return `${pick(random, unary)}(${inner()})`;
    case 7:
      return `(${inner()})^${pick(random, ['2', '3', '-1', '0.5', '1.5', 'T', '-2'])}`;
    case 8:
      return `${pick(random, ['min', 'max'])}(${inner()}, ${inner()})`;
    case 9:
      return `where(${inner()} ${pick(random, comparisons)} ${inner()}, ${inner()}, ${inner()})`;
    case 10:
      return `-detach(${inner()})`;
    default:
      return `(${inner()} - ${rowText(random, 1, names)})`;
  }
}

const scraps = [
  '(',
  ')',
  ',',
  '^',
  '-',
  '*',
  '/',
  '\n',
  'param b = 1 in 0..1\n',
  '=',
  '==',
  'sum(',
  'where(',
  'log',
  '1e',
  '1e30',
  '.',
  '..',
  '"',
  '[',
  ']',
  '?',
  ':',
  '#',
  '&&',
  '=>',
  'constructor',
  '__proto__',
  'q',
  'zs',
  'V',
  '\u2028',
  '∑',
  '0x1f',
  'NaN',
  'Infinity',
  'this',
  'x => x',
  ';',
  '`',
  '/*',
] as const;

/** A formula that was damaged, a heap of scraps, or one thing very often. */
function hostileText(random: RandomStream): string {
  const base = formulaText(random);
  const at = random.integer(base.length + 1);
  switch (random.integer(6)) {
    case 0:
      return base.slice(0, at);
    case 1:
      return base.slice(0, at) + pick(random, scraps) + base.slice(at);
    case 2:
      return base.slice(0, at) + base.slice(at + 1 + random.integer(4));
    case 3:
      return Array.from({ length: 1 + random.integer(30) }, () => pick(random, scraps)).join('');
    case 4:
      return `sum(${pick(random, ['(', '-', 'q^', 'log(', 'q+', 'q*', 'where(q<p,'])
        .repeat(1 + random.integer(500))
        .slice(0, 1900)}q)`;
    default: {
      const names = 'abcdefghij'.split('');
      const grow = names.map((name, i) =>
        `${name} = ${pick(random, ['P*P', 'P + P*q', 'exp(P)', 'sum(P*q) + P', 'P/(1 + P)'])}`.replaceAll(
          'P',
          names[i - 1] ?? 'q',
        ),
      );
      return `${grow.join('\n')}\nsum(j)`;
    }
  }
}
