// What may be typed, what may not, and where an error points.
import { expect, test } from 'vitest';
import { declaredParameters } from './declarations.ts';
import { compileFormula } from './formula.ts';
import { FormulaError, positionOf } from './formulaError.ts';
import { formulaLimits, readFormula, type Syntax } from './syntax.ts';

/** In prefix form, for reading what binds how. */
function prefix(syntax: Syntax): string {
  switch (syntax.form) {
    case 'number':
      return `${syntax.value}`;
    case 'name':
      return syntax.name;
    case 'minus':
      return `(neg ${prefix(syntax.of)})`;
    case 'binary':
      return `(${syntax.operator} ${prefix(syntax.left)} ${prefix(syntax.right)})`;
    case 'call':
      return `(${[syntax.name, ...syntax.args.map(prefix)].join(' ')})`;
  }
}

test.each([
  ['-p^2', '(neg (^ p 2))'],
  ['2^3^2', '(^ 2 (^ 3 2))'],
  ['2^-p', '(^ 2 (neg p))'],
  ['a - b - c', '(- (- a b) c)'],
  ['a/b*c', '(* (/ a b) c)'],
  ['-a*b', '(* (neg a) b)'],
  ['(p + q)^2*T', '(* (^ (+ p q) 2) T)'],
  ['where(p > q + 1, p, -q)', '(where (> p (+ q 1)) p (neg q))'],
  ['+p', 'p'],
  ['1e-3*.5', '(* 0.001 0.5)'],
  ['sum(p^2)^0.5', '(^ (sum (^ p 2)) 0.5)'],
])('%s is %s', (text, wanted) => expect(prefix(readFormula(text).loss)).toBe(wanted));

/** The part of the text that an error points at. */
function pointedAt(text: string): { problem: string; remedy: string; at: string; where: string } {
  try {
    compileFormula(text);
  } catch (error) {
    if (!(error instanceof FormulaError)) throw error;
    const { line, column, length } = positionOf(text, error.span);
    const at = text.slice(error.span.start, error.span.end);
    return { problem: error.message, remedy: error.remedy, at, where: `${line}:${column}+${length}` };
  }
  throw new Error(`${text} was accepted`);
}

test.each([
  ['', 'There is no formula', ''],
  ['p*log(p/q)', 'The loss varies over the classes', 'p*log(p/q)'],
  ['sum(p*log(p/r))', 'There is no r', 'r'],
  ['sum(p*lgo(p/q))', 'There is no function lgo', 'lgo'],
  ['sum(p*log(p/q)', 'A bracket is not closed', ')'],
  ['sum(p))', 'This bracket was never opened', ')'],
  ['sum(p*)', 'Something is missing after an operator', ')'],
  ['sum(2p)', 'A number runs into a name', 'p'],
  ['sum(p q)', 'Two expressions stand side by side', 'q'],
  ['sum(p) sum(q)', 'Two expressions stand side by side', 'sum(q)'],
  ['sum(max(p q))', 'Two expressions stand side by side', 'q'],
  ['sum(q) + p', 'The loss varies over the classes', 'sum(q) + p'],
  ['sum(log)', 'log is a function', 'log'],
  ['sum(p(1))', 'p is no function', 'p'],
  ['sum(log(p, q))', 'log has 2 in its brackets', 'log(p, q)'],
  ['sum(p)', 'The loss does not depend on the student', 'sum(p)'],
  ['sum(p*detach(q))', 'The loss does not depend on the student', 'sum(p*detach(q))'],
  ['sum(p > q)', 'A comparison is no number', 'p > q'],
  ['sum(where(p, q, 1))', 'This is no condition', 'p'],
  ['sum(p > 0 ? p : q)', '“? :” is not part of the language', 'sum(p > 0 ? p : q)'],
  ['sum(q.constructor)', 'This is not part of the language', 'q.constructor'],
  ['sum("a"*q)', 'Text has no place in a formula', '"a"'],
  ['sum([p, q])', 'This is not part of the language', '[p, q]'],
  ['sum(q)/0', 'This divides by 0', '0'],
  ['1e31*sum(q^2)', 'This number is too large for float32', '1e31'],
  ['1e20*1e20*sum(q^2)', 'A number in it becomes larger than 1e30', '1e20*1e20*sum(q^2)'],
  [
    'sum(log(q + sum(log(q + sum(log(q + sum(q^2)))))))',
    'More than 3 sums are inside one another',
    'sum(log(q + sum(log(q + sum(log(q + sum(q^2)))))))',
  ],
  ['m = p\nm', 'The loss varies over the classes', 'm'],
  ['m = q\nm = p\nsum(m)', 'm is defined twice', 'm'],
  ['q = p\nsum(q)', 'q has a meaning already', 'q'],
  ['2x = p\nsum(q)', '“2x” cannot be a name', '2x'],
  ['sum(q^2)\nsum(p)', 'Only the last line may be the loss', 'sum(q^2)'],
  ['w = \nsum(q^2)', 'Nothing stands after “w =”', 'w'],
  ['m = q', 'The last line is the loss, and this one defines a name', 'm = q'],
  ['param b = 0.5\nsum(b*q^2)', 'This parameter cannot be read', 'param b = 0.5'],
  ['param b = 2 in 0..1\nsum(b*q^2)', 'b = 2 lies outside of its own range', 'param b = 2 in 0..1'],
  ['param b = 1 in 1..1\nsum(b*q^2)', 'The range of b is empty or too wide', 'param b = 1 in 1..1'],
])('%j is refused: %s', (text, problem, at) => {
  const found = pointedAt(text);
  expect([found.problem, found.at.trim()]).toEqual([problem, at]);
  expect(found.remedy.length).toBeGreaterThan(3);
});

test('an error says line and column, also below other lines and inside of a long one', () => {
  expect(pointedAt('param b = 0.5 in 0..1\nm = b*p + q\nsum(p*log(p/n))').where).toBe('3:13+1');
  expect(pointedAt('# a remark\nsum(\n  p*log(p/m)\n)').where).toBe('3:11+1');
});

test('a name that is nearly one of ours is asked about', () => {
  expect(pointedAt('sum(ZS*q)').remedy).toBe('Did you mean zs');
  expect(pointedAt('sum(sofplus(q))').remedy).toBe('Did you mean softplus');
});

test.each([
  ['sum(p*ln(p/q))', 'Write log(…), which is the natural one'],
  ['KL(p, q)', 'Write it out: sum(p*log(p/q)) forward, sum(q*log(q/p)) reverse'],
  ['sum((p-q)**2)', 'Write a power as a^b'],
  ['sum(|p - q|)', 'Write abs(…)'],
  ['sum(p·log(p/q))', 'Write a product as a*b'],
  ['sum(p − q)', 'Write a difference as a - b'],
  ['sum(p_i*log(p_i/q_i))', 'Write p without an index'],
  ['max(q - p)', 'of the largest of others a soft form can be written: log(sum(exp(9*zs)))/9'],
  ['min(q)', 'of the smallest a soft form can be written: -log(sum(exp(-9*zs)))/9'],
  ['param λ = 0.5 in 0..1\nsum(q^2)', 'with a name of plain letters'],
])('%j, as it is written elsewhere, is told how it is written here', (text, remedy) => {
  expect(pointedAt(text).remedy).toContain(remedy);
});

test('a named argument is pointed at where it stands', () => {
  expect(pointedAt('sum(p*log(p/q), dim=-1)').where).toMatch(/^1:(20|21)\+/);
});

/** Milliseconds for one text on a machine that is busy with much else; in practice it is a hundredth. */
const longest = 5_000;

const nested = (n: number) => `sum(${'('.repeat(n)}q^2${')'.repeat(n)})`;
const chained = (n: number) => `sum(q^2${'+q'.repeat(n)})`;
const parameters = (n: number) =>
  `${Array.from({ length: n }, (_, i) => `param b${i} = 1 in 0..2\n`).join('')}sum(b0*q^2)`;
const named = (n: number) => `${'a'.repeat(n)} = q\nsum(${'a'.repeat(n)}^2)`;
const long = (n: number) => 'sum(q^2)'.padEnd(n);

test.each([
  ['brackets inside one another', nested, formulaLimits.depth - 2],
  ['parts', chained, (formulaLimits.parts - 4) / 2],
  ['parameters', parameters, formulaLimits.parameters],
  ['letters of a name', named, formulaLimits.nameLength],
  ['characters', long, formulaLimits.text],
])('as many %s as allowed are taken, and not one more', (_, make, most) => {
  expect(() => compileFormula(make(most))).not.toThrow();
  expect(() => compileFormula(make(most + 1))).toThrow(FormulaError);
});

test('hostile texts are refused at once: deep, long, or made of what a parser may trip over', () => {
  const texts = [
    '('.repeat(2000),
    `${'-'.repeat(1990)}q`,
    `${'q^'.repeat(999)}q`,
    `${'sum('.repeat(400)}q${')'.repeat(400)}`,
    'q'.repeat(2000),
    `a = q+q*q\n${'abcdefghijklmnopqrstuvwxyz'
      .slice(1)
      .split('')
      .filter((name) => !['p', 'q', 'y'].includes(name))
      .map((name, i, all) => `${name} = ${all[i - 1] ?? 'a'}*${all[i - 1] ?? 'a'} + ${all[i - 1] ?? 'a'}`)
      .join('\n')}\nsum(z^9)`,
    '__proto__',
    'sum(constructor(q))',
    'sum(toString)',
    '\u0000\u2028sum(q)',
    '1/0',
    'sum(q^1e30)',
    '𝑞',
  ];
  for (const text of texts) {
    const start = performance.now();
    try {
      compileFormula(text);
    } catch (error) {
      expect(error, text.slice(0, 40)).toBeInstanceOf(FormulaError);
    }
    expect(performance.now() - start, text.slice(0, 40)).toBeLessThan(longest);
  }
});

test('the parameters that are read by themselves are those of the whole reading', () => {
  const text =
    'param a = 0.5 in 0..1 # share\nparam b = -2 in -3..1e2\nm = p + q\n# param c = 1 in 0..2\nsum(a*m + b)';
  expect(declaredParameters(text)).toEqual(readFormula(text).parameters);
  expect(declaredParameters('param a = \nsum(p)')).toEqual([]);
});
