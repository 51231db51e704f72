/**
 * From the syntax tree to the typed one: every name is looked up among ours, every function has its number of arguments,
 * and what varies over classes is told from what a row has once.
 */

import type { Parameter } from './declarations.ts';
import { FormulaError, type Span } from './formulaError.ts';
import { findFunction, functionNames, functions } from './functions.ts';
import { type Graph, TooLarge } from './graph.ts';
import type { LeafName, Node } from './node.ts';
import type { Reading, Syntax } from './syntax.ts';

/** Sums over classes that may stand inside one another. */
export const mostLevels = 3;

const variables: ReadonlyMap<string, LeafName> = new Map<string, LeafName>(
  (['p', 'q', 'zs', 'zt', 'y', 'T', 'V'] as const).map((name) => [name, name]),
);
const ownFunctions = ['sum', 'mean', 'where', 'detach'];
const comparisons: ReadonlySet<string> = new Set(['<', '<=', '>', '>=', '==', '!=']);

interface Scope {
  readonly graph: Graph;
  readonly names: Map<string, Node>;
}

/** The loss of a row. Errors: `FormulaError`. */
export function buildLoss(graph: Graph, reading: Reading): Node {
  const scope: Scope = { graph, names: new Map() };
  reading.parameters.forEach((parameter, index) => {
    declare(scope, parameter.name, { start: 0, end: 1 }, parameterNode(graph, parameter, index));
  });
  for (const { name, span, value } of reading.definitions) declare(scope, name, span, within(scope, value));
  const loss = within(scope, reading.loss);
  if (loss.kind === 'class') {
    const problem = 'The loss varies over the classes';
    throw new FormulaError(problem, 'Wrap it in sum(…) or mean(…)', reading.loss.span);
  }
  if (!loss.student) {
    const problem = 'The loss does not depend on the student';
    throw new FormulaError(problem, 'Use q or zs outside of detach(…)', reading.loss.span);
  }
  return loss;
}

function parameterNode(graph: Graph, { min, max }: Parameter, index: number): Node {
  return graph.parameter(index, min, max);
}

function declare({ names }: Scope, name: string, span: Span, node: Node): void {
  const taken = variables.has(name) || ownFunctions.includes(name) || functionNames.includes(name);
  if (taken || name === 'param' || name === 'in')
    throw new FormulaError(`${name} has a meaning already`, 'Choose another name', span);
  if (names.has(name)) throw new FormulaError(`${name} is defined twice`, 'Choose another name', span);
  names.set(name, node);
}

/** Limits are reached deep inside; the line is what can be pointed at. */
function within(scope: Scope, syntax: Syntax): Node {
  return guarded(syntax.span, () => build(scope, syntax));
}

/** Errors: a `TooLarge` inside comes out as a `FormulaError` at `span`. */
export function guarded<T>(span: Span, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (cause instanceof TooLarge) throw new FormulaError(cause.message, 'Make the formula smaller', span);
    throw cause;
  }
}

function build(scope: Scope, syntax: Syntax): Node {
  const { graph } = scope;
  switch (syntax.form) {
    case 'number':
      return graph.number(syntax.value);
    case 'name':
      return lookUp(scope, syntax.name, syntax.span);
    case 'minus':
      return graph.minus(build(scope, syntax.of));
    case 'binary':
      return buildBinary(scope, syntax);
    case 'call':
      return buildCall(scope, syntax);
  }
}

function buildBinary(scope: Scope, syntax: Extract<Syntax, { form: 'binary' }>): Node {
  const { graph } = scope;
  if (comparisons.has(syntax.operator)) {
    const remedy = 'Use it as the first part of where(condition, a, b)';
    throw new FormulaError('A comparison is no number', remedy, syntax.span);
  }
  const [left, right] = [build(scope, syntax.left), build(scope, syntax.right)];
  switch (syntax.operator) {
    case '+':
      return graph.sum2(left, right);
    case '-':
      return graph.sum2(left, graph.minus(right));
    case '*':
      return graph.times(left, right);
    case '/':
      if (right.op === 'number' && right.value === 0)
        throw new FormulaError('This divides by 0', 'Divide by something else', syntax.right.span);
      return graph.times(left, graph.power(right, -1));
    default:
      return graph.call('power', left, right);
  }
}

function lookUp({ graph, names }: Scope, name: string, span: Span): Node {
  const leaf = variables.get(name);
  if (leaf !== undefined) return graph.leaf(leaf);
  const own = names.get(name);
  if (own !== undefined) return own;
  if (isFunction(name)) throw new FormulaError(`${name} is a function`, `Write ${name}(…)`, span);
  const known = [...variables.keys(), ...names.keys()];
  // p_i, zs_j: sums are over the classes, without an index.
  const [stem = ''] = name.split('_');
  const remedy =
    stem !== name && known.includes(stem) ? `Write ${stem} without an index` : nearest(name, known);
  throw new FormulaError(`There is no ${name}`, remedy, span);
}

function isFunction(name: string): boolean {
  return ownFunctions.includes(name) || findFunction(name) !== undefined;
}

function buildCall(scope: Scope, syntax: Extract<Syntax, { form: 'call' }>): Node {
  const { graph } = scope;
  const { name, args, span } = syntax;
  const [first, second, third] = args;
  switch (name) {
    case 'sum':
    case 'mean': {
      if (first === undefined || args.length > 1) throw wrongCount(syntax, 1);
      const sum = graph.sum(build(scope, first));
      if (sum.level > mostLevels) {
        const problem = `More than ${mostLevels} sums are inside one another`;
        throw new FormulaError(problem, 'Use fewer', span);
      }
      return name === 'sum' ? sum : graph.times(sum, graph.power(graph.leaf('V'), -1));
    }
    case 'detach':
      if (first === undefined || args.length > 1) throw wrongCount(syntax, 1);
      return graph.detach(build(scope, first));
    case 'where':
      if (first === undefined || second === undefined || third === undefined || args.length > 3)
        throw wrongCount(syntax, 3);
      return buildWhere(scope, first, second, third);
    default:
      return buildFunction(scope, syntax);
  }
}

function buildWhere(scope: Scope, condition: Syntax, yes: Syntax, no: Syntax): Node {
  if (condition.form !== 'binary' || !comparisons.has(condition.operator)) {
    throw new FormulaError('This is no condition', 'Compare two numbers, as in p > 0.1', condition.span);
  }
  const { operator } = condition;
  if (operator === '+' || operator === '-' || operator === '*' || operator === '/' || operator === '^')
    throw new RangeError('an operator that compares nothing');
  const [left, right] = [build(scope, condition.left), build(scope, condition.right)];
  return scope.graph.where(operator, left, right, build(scope, yes), build(scope, no));
}

function buildFunction(scope: Scope, syntax: Extract<Syntax, { form: 'call' }>): Node {
  const { name, args, nameSpan } = syntax;
  const known = findFunction(name);
  if (known === undefined) {
    if (variables.has(name) || scope.names.has(name))
      throw new FormulaError(`${name} is no function`, `Write the product as ${name}*(…)`, nameSpan);
    const remedy = elsewhere.get(name.toLowerCase()) ?? nearest(name, [...ownFunctions, ...functionNames]);
    throw new FormulaError(`There is no function ${name}`, remedy, nameSpan);
  }
  const [first] = args;
  if (known === 'max' && first !== undefined && args.length === 1) {
    const largest = scope.graph.largest(build(scope, first));
    if (largest !== undefined) return largest;
  }
  if (args.length !== functions[known].arity) throw wrongCount(syntax, functions[known].arity);
  return scope.graph.call(known, ...args.map((arg) => build(scope, arg)));
}

function wrongCount({ name, args, span }: Extract<Syntax, { form: 'call' }>, wanted: number): FormulaError {
  const problem = `${name} has ${args.length === 0 ? 'nothing' : args.length} in its brackets`;
  if (args.length === 1 && (name === 'max' || name === 'min')) {
    const [sign, known, soft] =
      name === 'max'
        ? ['', 'over the classes it takes p, q, zs, zt, log(p) or log(q) alone', 'largest of others']
        : ['-', 'over the classes there is none', 'smallest'];
    const remedy = `It takes 2 numbers; ${known}, and of the ${soft} a soft form can be written: ${sign}log(sum(exp(${sign}9*zs)))/9`;
    return new FormulaError(problem, remedy, span);
  }
  const remedy = wanted === 1 ? 'Give it one expression' : `Give it ${wanted}, with commas between`;
  return new FormulaError(problem, remedy, span);
}

const asSum = (inner: string) => `Write it out: ${inner}`;
/** Names by which other languages and papers call what is written otherwise here. */
const elsewhere: ReadonlyMap<string, string> = new Map([
  ['ln', 'Write log(…), which is the natural one'],
  ['log2', 'Write log(…)/log(2)'],
  ['log10', 'Write log(…)/log(10)'],
  ['pow', 'Write a^b'],
  ['square', 'Write (…)^2'],
  ['softmax', asSum('exp(zs/tau)/sum(exp(zs/tau)); at the run’s temperature it is q, and p for the teacher')],
  ['log_softmax', asSum('log(q), and log(p) for the teacher')],
  ['logsumexp', asSum('log(sum(exp(…)))')],
  ['entropy', asSum('-sum(q*log(q))')],
  ['kl', asSum('sum(p*log(p/q)) forward, sum(q*log(q/p)) reverse')],
  ['kl_div', asSum('sum(p*log(p/q)) forward, sum(q*log(q/p)) reverse')],
  ['cross_entropy', asSum('-sum(y*log(q))')],
  ['norm', asSum('sqrt(sum((…)^2))')],
  ['dot', asSum('sum(a*b)')],
  ['clamp', 'Write min(max(…, least), most)'],
  ['clip', 'Write min(max(…, least), most)'],
  ['stop_gradient', 'Write detach(…)'],
  ['sg', 'Write detach(…)'],
]);

/** What was meant, or the list. */
function nearest(name: string, known: readonly string[]): string {
  const close = known.find(
    (one) => distance(one.toLowerCase(), name.toLowerCase()) <= (name.length < 4 ? 1 : 2),
  );
  return close === undefined ? `Use one of ${known.join(', ')}` : `Did you mean ${close}`;
}

/** Levenshtein's. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
