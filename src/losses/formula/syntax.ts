/**
 * From text to a syntax tree with positions. jsep reads each expression; its hooks give `^` its place above the minus
 * sign (−x² is −(x²)) and note where every token stands. What comes out is a small closed set of forms: whatever else
 * jsep understands (members, strings, lists, `?:`) is refused here. Names and kinds are the next step's.
 */
import jsep from 'jsep';
import { type Parameter, parameterPattern } from './declarations.ts';
import { FormulaError, type Span } from './formulaError.ts';
import { printedSign } from './printedSigns.ts';

export type Syntax =
  | { readonly form: 'number'; readonly value: number; readonly span: Span }
  | { readonly form: 'name'; readonly name: string; readonly span: Span }
  | { readonly form: 'minus'; readonly of: Syntax; readonly span: Span }
  | {
      readonly form: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Syntax;
      readonly right: Syntax;
      readonly span: Span;
    }
  | {
      readonly form: 'call';
      readonly name: string;
      readonly nameSpan: Span;
      readonly args: readonly Syntax[];
      readonly span: Span;
    };

export type Comparison = '<' | '<=' | '>' | '>=' | '==' | '!=';
export type BinaryOperator = '+' | '-' | '*' | '/' | '^' | Comparison;

export interface Definition {
  readonly name: string;
  readonly span: Span;
  readonly value: Syntax;
}

export interface Reading {
  readonly parameters: readonly Parameter[];
  readonly definitions: readonly Definition[];
  readonly loss: Syntax;
}

/** What a formula may be at most; larger ones are refused with a sentence. */
export const formulaLimits = {
  text: 2_000,
  lines: 40,
  /** Brackets, signs and exponents inside one another. */
  depth: 40,
  /** Numbers, names, operators and calls together. */
  parts: 400,
  parameters: 4,
  nameLength: 16,
} as const;

const operators: ReadonlySet<string> = new Set(['+', '-', '*', '/', '^', '<', '<=', '>', '>=', '==', '!=']);
const namePattern = /^[A-Za-z][A-Za-z0-9_]*$/;

/** Where jsep found a node; it keeps no positions itself. */
const spans = new WeakMap<object, Span>();
const starts: number[] = [];
/** The expression in hand does not begin at the formula's first character. */
let shift = 0;

setUp();

function setUp(): void {
  jsep.removeAllBinaryOps();
  jsep.removeAllUnaryOps();
  jsep.removeAllLiterals();
  for (const comparison of ['<', '<=', '>', '>=', '==', '!=']) jsep.addBinaryOp(comparison, 6);
  for (const sum of ['+', '-']) jsep.addBinaryOp(sum, 9);
  for (const product of ['*', '/']) jsep.addBinaryOp(product, 10);
  for (const sign of ['+', '-']) jsep.addUnaryOp(sign);
  jsep.hooks.add('gobble-token', function (env) {
    if (starts.length > formulaLimits.depth) throw tooDeep(here(this.index, this.index + 1));
    starts.push(this.index);
    // Else jsep would return a number without asking the hook below.
    if (/[\d.]/.test(this.char)) Object.assign(env, { node: this.gobbleNumericLiteral() });
  });
  jsep.hooks.add('after-token', function (env) {
    const start = starts.pop() ?? 0;
    const { node } = env;
    if (!node) return;
    mark(node, start, trimmed(this.expr, start, this.index));
    this.gobbleSpaces();
    if (this.char !== '^') return;
    this.index += 1;
    // The exponent takes the place of one more bracket; its own `^` is read with it, from right to left.
    starts.push(start);
    const right = this.gobbleToken();
    starts.pop();
    if (!right) this.throwError('Expected expression after ^');
    const power = { type: 'BinaryExpression', operator: '^', left: node, right };
    mark(power, start, trimmed(this.expr, start, this.index));
    Object.assign(env, { node: power });
  });
}

function mark(node: object, start: number, end: number): void {
  spans.set(node, here(start, end));
}

function here(start: number, end: number): Span {
  return { start: start + shift, end: end + shift };
}

function trimmed(text: string, start: number, end: number): number {
  return start + text.slice(start, end).trimEnd().length;
}

interface Counted {
  parts: number;
  /** The whole formula. */
  readonly text: string;
}

/** Errors: `FormulaError`. */
export function readFormula(text: string): Reading {
  if (text.length > formulaLimits.text) {
    const problem = `The formula is ${text.length} characters long`;
    const span = { start: formulaLimits.text, end: text.length };
    throw new FormulaError(problem, `Keep it within ${formulaLimits.text} characters`, span);
  }
  const statements = statementsOf(text);
  const last = statements.pop();
  if (last === undefined) {
    throw new FormulaError('There is no formula', 'Write one, such as sum(p*log(p/q))', { start: 0, end: 1 });
  }
  const parameters: Parameter[] = [];
  const definitions: Definition[] = [];
  const counted: Counted = { parts: 0, text };
  for (const statement of statements) {
    if (/^\s*param\b/.test(statement.text)) parameters.push(readParameter(statement, parameters.length));
    else definitions.push(readDefinition(statement, counted));
  }
  if (/^\s*param\b/.test(last.text) || assignment(last.text) !== null) {
    const problem = 'The last line is the loss, and this one defines a name';
    throw new FormulaError(problem, 'Add a line with the loss itself, without “name =”', spanOf(last));
  }
  return { parameters, definitions, loss: readExpression(last, counted) };
}

interface Statement {
  readonly text: string;
  readonly start: number;
}

/** Lines, without comments; one that ends inside brackets goes on in the next. */
function statementsOf(text: string): Statement[] {
  const bare = text.replaceAll('\r', ' ').replaceAll(/#[^\n]*/g, (comment) => ' '.repeat(comment.length));
  const found: Statement[] = [];
  let [depth, start] = [0, 0];
  for (let i = 0; i <= bare.length; i++) {
    const char = bare[i];
    if (char === '(') depth += 1;
    if (char === ')') depth -= 1;
    if (i < bare.length && (char !== '\n' || depth > 0)) continue;
    const line = bare.slice(start, i);
    if (line.trim() !== '') found.push({ text: line, start });
    start = i + 1;
    depth = 0;
  }
  const excess = found[formulaLimits.lines];
  if (excess === undefined) return found;
  throw new FormulaError('There are too many lines', `Use at most ${formulaLimits.lines}`, spanOf(excess));
}

function spanOf({ text, start }: Statement): Span {
  const before = text.length - text.trimStart().length;
  return { start: start + before, end: start + text.trimEnd().length };
}

function readParameter(statement: Statement, before: number): Parameter {
  const span = spanOf(statement);
  if (before >= formulaLimits.parameters) {
    const remedy = `Use at most ${formulaLimits.parameters}, and numbers for the others`;
    throw new FormulaError('There are too many parameters', remedy, span);
  }
  const match = parameterPattern.exec(statement.text);
  if (match === null) {
    const letters = /[^\p{ASCII}]/u.test(statement.text) ? ', with a name of plain letters' : '';
    const remedy = `Write it as “param beta = 0.5 in 0..1”${letters}`;
    throw new FormulaError('This parameter cannot be read', remedy, span);
  }
  const [, lead = '', name = '', value, least, most] = match;
  checkName(name, { start: statement.start + lead.length, end: statement.start + lead.length + name.length });
  const [usual, min, max] = [Number(value), Number(least), Number(most)];
  if (![usual, min, max].every((number) => Math.abs(number) <= 1e6) || !(min < max)) {
    const remedy = 'Give a range from a smaller to a larger number, both within a million';
    throw new FormulaError(`The range of ${name} is empty or too wide`, remedy, span);
  }
  if (usual < min || usual > max) {
    const remedy = `Choose a number from ${min} to ${max}, or widen the range`;
    throw new FormulaError(`${name} = ${usual} lies outside of its own range`, remedy, span);
  }
  return { name, default: usual, min, max };
}

/** `name = expression`, but not `a == b`. */
function assignment(text: string): { name: string; nameAt: number; valueAt: number } | null {
  const match = /^(\s*)([^=<>!()]*?)\s*=(?!=)/.exec(text);
  if (match === null) return null;
  const [all, before = '', name = ''] = match;
  return { name, nameAt: before.length, valueAt: all.length };
}

function readDefinition(statement: Statement, counted: Counted): Definition {
  const found = assignment(statement.text);
  if (found === null) {
    const remedy = 'Give this line a name, as in “m = (p + q)/2”, or remove the lines below it';
    throw new FormulaError('Only the last line may be the loss', remedy, spanOf(statement));
  }
  const start = statement.start + found.nameAt;
  const span = { start, end: start + Math.max(1, found.name.length) };
  checkName(found.name, span);
  const text = statement.text.slice(found.valueAt);
  if (text.trim() === '') {
    const problem = `Nothing stands after “${found.name} =”`;
    throw new FormulaError(problem, 'Write what the name stands for, as in “m = (p + q)/2”', span);
  }
  return {
    name: found.name,
    span,
    value: readExpression({ text, start: statement.start + found.valueAt }, counted),
  };
}

function checkName(name: string, span: Span): void {
  if (namePattern.test(name) && name.length <= formulaLimits.nameLength) return;
  const remedy = `Use a letter, then letters, digits and _, at most ${formulaLimits.nameLength} in all`;
  throw new FormulaError(`“${name}” cannot be a name`, remedy, span);
}

function readExpression(statement: Statement, counted: Counted): Syntax {
  const { text, start } = statement;
  starts.length = 0;
  shift = start;
  let read: jsep.Expression;
  try {
    checkSigns(text);
    checkBrackets(text);
    read = jsep(text);
  } catch (cause) {
    if (cause instanceof FormulaError) throw cause;
    throw unread(cause, statement);
  }
  return closed(read, counted, 0, spanOf(statement));
}

function checkSigns(text: string): void {
  const found = printedSign(text);
  if (found === null) return;
  const { sign, at, way } = found;
  throw new FormulaError(`There is no ${sign}`, `Write ${way}`, here(at, at + sign.length));
}

/** jsep takes brackets that are never closed to be an error, but not those that were never opened. */
function checkBrackets(text: string): void {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth += 1;
    if (text[i] === ')') depth -= 1;
    if (depth < 0) throw new FormulaError('This bracket was never opened', 'Remove it', here(i, i + 1));
    if (depth > formulaLimits.depth) throw tooDeep(here(i, i + 1));
  }
}

function unread(cause: unknown, { text, start }: Statement): FormulaError {
  const index = cause instanceof Error && 'index' in cause ? Number(cause.index) : 0;
  const reason = cause instanceof Error && 'description' in cause ? String(cause.description) : '';
  const at = Math.min(Math.max(0, index), Math.max(0, text.trimEnd().length - 1));
  const span = { start: start + at, end: start + at + 1 };
  if (/Unclosed \(|Expected \)/.test(reason)) {
    return new FormulaError('A bracket is not closed', 'Add the missing “)”', span);
  }
  const near = text.slice(Math.max(0, at - 1), at + 2);
  if (near.includes('**')) return new FormulaError('There is no operator **', 'Write a power as a^b', span);
  if (near.includes('|')) return new FormulaError('Bars are not part of the language', 'Write abs(…)', span);
  if (/Expected expression|missing unaryOp/.test(reason)) {
    return new FormulaError('Something is missing after an operator', 'Write the other side of it', span);
  }
  if (/Variable names/.test(reason)) {
    return new FormulaError('A number runs into a name', 'Write the product with a *, as in 2*p', span);
  }
  return new FormulaError(
    'This cannot be read',
    'Use + − * / ^, brackets, numbers, names and functions',
    span,
  );
}

function tooDeep(span: Span): FormulaError {
  const problem = `More than ${formulaLimits.depth} things are inside one another`;
  return new FormulaError(problem, 'Name a part of it on a line of its own', span);
}

/** The closed set of forms. Errors: `FormulaError`. */
function closed(node: jsep.Expression, counted: Counted, depth: number, around: Span): Syntax {
  const own = spans.get(node) ?? around;
  counted.parts += 1;
  if (counted.parts > formulaLimits.parts) {
    const problem = `The formula has more than ${formulaLimits.parts} parts`;
    throw new FormulaError(problem, 'Make it smaller', own);
  }
  // A long chain of operators is as deep as it has members.
  if (depth > formulaLimits.parts) throw tooDeep(own);
  const inner = (value: unknown): Syntax => {
    if (isExpression(value)) return closed(value, counted, depth + 1, own);
    throw new FormulaError('Something is missing here', 'Write an expression', own);
  };
  switch (node.type) {
    case 'Literal':
      return { form: 'number', value: literal(node['value'], own), span: own };
    case 'Identifier':
      return { form: 'name', name: String(node['name']), span: own };
    case 'UnaryExpression': {
      const of = inner(node['argument']);
      return node['operator'] === '-' ? { form: 'minus', of, span: own } : of;
    }
    case 'BinaryExpression': {
      const [left, right] = [inner(node['left']), inner(node['right'])];
      const span = spans.get(node) ?? { start: left.span.start, end: right.span.end };
      return { form: 'binary', operator: operatorOf(node['operator'], span), left, right, span };
    }
    case 'CallExpression':
      return readCall(node, own, inner, counted.text);
    case 'Compound':
    case 'SequenceExpression': {
      const problem = 'Two expressions stand side by side';
      throw new FormulaError(problem, 'Join them with an operator: a product is a*b', secondOf(node) ?? own);
    }
    case 'ConditionalExpression':
      throw new FormulaError('“? :” is not part of the language', 'Write where(condition, a, b)', own);
    default:
      throw new FormulaError(
        'This is not part of the language',
        'Use numbers, names, operators and functions',
        own,
      );
  }
}

function isExpression(value: unknown): value is jsep.Expression {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function secondOf(node: jsep.Expression): Span | undefined {
  const list = node['body'] ?? node['expressions'];
  const second: unknown = Array.isArray(list) ? list[1] : undefined;
  return isExpression(second) ? spans.get(second) : undefined;
}

function literal(value: unknown, span: Span): number {
  if (typeof value === 'number' && value <= 1e30) return value;
  if (typeof value === 'number') {
    throw new FormulaError('This number is too large for float32', 'Use one up to 1e30', span);
  }
  throw new FormulaError('Text has no place in a formula', 'Use numbers and names', span);
}

function operatorOf(given: unknown, span: Span): BinaryOperator {
  const text = String(given);
  if (operators.has(text)) return text as BinaryOperator;
  throw new FormulaError(`There is no operator ${text}`, 'Use + − * / ^ or a comparison', span);
}

function readCall(
  node: jsep.Expression,
  span: Span,
  inner: (value: unknown) => Syntax,
  whole: string,
): Syntax {
  const { callee } = node;
  if (!isExpression(callee) || callee.type !== 'Identifier') {
    throw new FormulaError(
      'Only a function can be called',
      'Write a product with a *, as in 2*(p + q)',
      span,
    );
  }
  const name = String(callee['name']);
  const args: Syntax[] = (Array.isArray(node['arguments']) ? node['arguments'] : []).map(inner);
  args.forEach((arg, i) => {
    // jsep also takes spaces for commas.
    if (i === 0 || whole.slice(args[i - 1]?.span.end, arg.span.start).includes(',')) return;
    throw new FormulaError('Two expressions stand side by side', 'Write a comma or an operator', arg.span);
  });
  const nameSpan = { start: span.start, end: span.start + name.length };
  return { form: 'call', name, nameSpan, args, span };
}
