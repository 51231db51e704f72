/**
 * Makes the nodes of one formula: equal ones are the same object, sums and products are flat with like members merged,
 * numbers are folded, and what can be written with the exact log p, log q, d and gap of an element is (rules.ts).
 */
import { type FunctionName, functions, tiny } from './functions.ts';
import { childrenOf, type Factor, type LeafName, type Node, type Payload, type Scaled } from './node.ts';
import { callRule, pairTerms, productRule } from './rules.ts';
import type { Comparison } from './syntax.ts';

/** Most nodes of one formula, its gradient included. */
const mostNodes = 4_000;
/** Numbers beyond have no place in float32 once they are multiplied. */
const largestNumber = 1e30;

/** Thrown where a formula outgrows its limits, wherever in it that happens. */
export class TooLarge extends Error {}

const studentLeaves: ReadonlySet<LeafName> = new Set<LeafName>(['zs', 'q', 'logq', 'd', 'gap']);
/** Where each of these is largest. */
const places: ReadonlyMap<LeafName, 'zsmax' | 'ztmax'> = new Map([
  ...(['zs', 'q', 'logq'] as const).map((name): [LeafName, 'zsmax'] => [name, 'zsmax']),
  ...(['zt', 'p', 'logp'] as const).map((name): [LeafName, 'ztmax'] => [name, 'ztmax']),
]);
const positiveLeaves: ReadonlySet<LeafName> = new Set<LeafName>(['p', 'q', 'T', 'V']);
const positiveCalls: ReadonlySet<FunctionName> = new Set<FunctionName>(['exp', 'sigmoid', 'softplus']);

export class Graph {
  readonly #nodes = new Map<string, Node>();

  number(value: number): Node {
    if (Number.isFinite(value) && Math.abs(value) <= largestNumber)
      return this.#node({ op: 'number', value: Math.abs(value) < tiny ? 0 : value });
    throw new TooLarge('A number in it becomes larger than 1e30');
  }

  leaf(name: LeafName): Node {
    return this.#node({ op: 'leaf', name });
  }

  parameter(index: number, min: number, max: number): Node {
    return this.#node({ op: 'parameter', index, min, max });
  }

  add(given: readonly Scaled[], start = 0): Node {
    const terms = new Map<Node, number>();
    let constant = start;
    const put = (coefficient: number, node: Node): void => {
      if (node.op === 'number') constant += coefficient * node.value;
      else if (node.op === 'add') {
        constant += coefficient * node.constant;
        for (const term of node.terms) put(coefficient * term.coefficient, term.node);
      } else if (node.op === 'multiply' && node.coefficient !== 1) {
        put(coefficient * node.coefficient, this.multiply(1, node.factors));
      } else terms.set(node, (terms.get(node) ?? 0) + coefficient);
    };
    for (const { coefficient, node } of given) put(coefficient, node);
    pairTerms(this, terms);
    const left = [...terms].filter(([, coefficient]) => Math.abs(coefficient) > 1e-15);
    const [first, ...others] = left;
    if (first === undefined) return this.number(constant);
    if (others.length === 0 && Math.abs(constant) < 1e-15) return this.scale(first[1], first[0]);
    left.sort(([a], [b]) => a.id - b.id);
    for (const [, coefficient] of left) this.number(coefficient);
    this.number(constant);
    return this.#node({
      op: 'add',
      constant: Math.abs(constant) < 1e-15 ? 0 : constant,
      terms: left.map(([node, coefficient]) => ({ node, coefficient })),
    });
  }

  sum2(a: Node, b: Node): Node {
    return this.add([
      { coefficient: 1, node: a },
      { coefficient: 1, node: b },
    ]);
  }

  minus(node: Node): Node {
    return this.scale(-1, node);
  }

  /** 1 − node. */
  rest(node: Node): Node {
    return this.add([{ coefficient: -1, node }], 1);
  }

  scale(coefficient: number, node: Node): Node {
    return coefficient === 1 ? node : this.multiply(coefficient, [{ node, exponent: 1 }]);
  }

  times(...nodes: readonly Node[]): Node {
    return this.multiply(
      1,
      nodes.map((node) => ({ node, exponent: 1 })),
    );
  }

  /** node^exponent, a whole number. */
  power(node: Node, exponent: number): Node {
    return exponent === 0 ? this.number(1) : this.multiply(1, [{ node, exponent }]);
  }

  multiply(start: number, given: readonly Factor[]): Node {
    const factors = new Map<Node, number>();
    let coefficient = start;
    const put = (node: Node, exponent: number): void => {
      if (node.op === 'number') coefficient *= powerOf(node.value, exponent);
      else if (node.op === 'multiply') {
        coefficient *= powerOf(node.coefficient, exponent);
        for (const factor of node.factors) put(factor.node, factor.exponent * exponent);
      } else factors.set(node, (factors.get(node) ?? 0) + exponent);
    };
    for (const { node, exponent } of given) put(node, exponent);
    while (productRule(this, factors, put)) {
      // Each rule may make room for the next.
    }
    const left = [...factors].filter(([, exponent]) => exponent !== 0);
    const [first, ...others] = left;
    if (coefficient === 0 || first === undefined) return this.number(coefficient);
    if (others.length === 0 && first[1] === 1) {
      if (coefficient === 1) return first[0];
      if (first[0].op === 'add') return this.add([{ coefficient, node: first[0] }]);
    }
    if (left.some(([, exponent]) => Math.abs(exponent) > 64)) throw new TooLarge('A power in it is too high');
    this.number(coefficient);
    left.sort(([a], [b]) => a.id - b.id);
    const merged = left.map(([node, exponent]) => ({ node, exponent }));
    return this.#node({ op: 'multiply', coefficient, factors: merged });
  }

  call(name: FunctionName, ...args: readonly Node[]): Node {
    // Before numbers are folded, since a whole power of a negative number is none of the function's.
    const known = callRule(this, name, args);
    if (known !== undefined) return known;
    const [a, b, c] = args.map((arg) => (arg.op === 'number' ? arg.value : Number.NaN));
    if (args.every((arg) => arg.op === 'number'))
      return this.number(functions[name].value(a ?? 0, b ?? 0, c ?? 0));
    return this.#node({ op: 'call', name, args });
  }

  /** Σ over classes. What is the same for all classes stands before it; Σ p, Σ q, Σ y are 1 and Σ (q − p) is 0. */
  sum(body: Node): Node {
    if (body.kind === 'row') return this.times(body, this.leaf('V'));
    if (body.op === 'add') {
      const known = body.terms.flatMap(({ node, coefficient }) => {
        const sum = this.#knownSum(node);
        return sum === null ? [] : [{ node: sum, coefficient, from: node }];
      });
      const others = body.terms.filter(({ node }) => !known.some(({ from }) => from === node));
      const whole = others.length === 0 ? [] : [{ coefficient: 1, node: this.#plainSum(this.add(others)) }];
      const constant = { coefficient: body.constant, node: this.leaf('V') };
      return this.add([...known, ...whole, ...(body.constant === 0 ? [] : [constant])]);
    }
    return this.#knownSum(body) ?? this.#plainSum(body);
  }

  /**
   * The largest over classes of what is largest where a logit is; undefined of all else, whose place is not known. Of
   * equal ones the first has it, and the derivative.
   */
  largest(of: Node): Node | undefined {
    const place = of.op === 'leaf' ? places.get(of.name) : undefined;
    return place === undefined ? undefined : this.sum(this.times(this.leaf(place), of));
  }

  where(comparison: Comparison, left: Node, right: Node, yes: Node, no: Node): Node {
    if (yes === no) return yes;
    if (left.op === 'number' && right.op === 'number')
      return holds(comparison, left.value, right.value) ? yes : no;
    return this.#node({ op: 'where', comparison, left, right, yes, no });
  }

  detach(of: Node): Node {
    return of.student ? this.#node({ op: 'detach', of }) : of;
  }

  /** `node` with some of its parts replaced, and simplified again. Looks into sums where told. */
  replace(node: Node, by: (node: Node) => Node | undefined, intoSums = true): Node {
    const done = new Map<Node, Node>();
    const again = (old: Node): Node => {
      const known = done.get(old) ?? by(old);
      const fresh = known ?? this.#rebuilt(old, again, intoSums);
      done.set(old, fresh);
      return fresh;
    };
    return again(node);
  }

  #rebuilt(node: Node, again: (node: Node) => Node, intoSums: boolean): Node {
    switch (node.op) {
      case 'number':
      case 'leaf':
      case 'parameter':
        return node;
      case 'add':
        return this.add(
          node.terms.map(({ coefficient, node: term }) => ({ coefficient, node: again(term) })),
          node.constant,
        );
      case 'multiply':
        return this.multiply(
          node.coefficient,
          node.factors.map(({ exponent, node: factor }) => ({ exponent, node: again(factor) })),
        );
      case 'call':
        return this.call(node.name, ...node.args.map(again));
      case 'sum':
        return intoSums ? this.sum(again(node.body)) : node;
      case 'where': {
        const [left, right] = [again(node.left), again(node.right)];
        return this.where(node.comparison, left, right, again(node.yes), again(node.no));
      }
      case 'detach':
        return this.detach(again(node.of));
    }
  }

  #knownSum(body: Node): Node | null {
    if (body.kind === 'row') return this.times(body, this.leaf('V'));
    const { shared, own } = this.split(body);
    if (own.op !== 'leaf') return null;
    if (own.name === 'p' || own.name === 'q' || own.name === 'y') return shared;
    return own.name === 'gap' ? this.number(0) : null;
  }

  #plainSum(body: Node): Node {
    const { shared, own } = this.split(body);
    return this.times(shared, this.#node({ op: 'sum', body: own }));
  }

  /** A class-valued node as (what is the same for all classes) × (the others). */
  split(body: Node): { readonly shared: Node; readonly own: Node } {
    if (body.op !== 'multiply') return { shared: this.number(1), own: body };
    return {
      shared: this.multiply(
        body.coefficient,
        body.factors.filter(({ node }) => node.kind === 'row'),
      ),
      own: this.multiply(
        1,
        body.factors.filter(({ node }) => node.kind === 'class'),
      ),
    };
  }

  #node(payload: Payload): Node {
    const key = keyOf(payload);
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    if (this.#nodes.size >= mostNodes) throw new TooLarge('It and its gradient have too many parts');
    const node = { ...payload, ...factsOf(payload), id: this.#nodes.size };
    this.#nodes.set(key, node);
    return node;
  }
}

export function holds(comparison: Comparison, a: number, b: number): boolean {
  switch (comparison) {
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
    case '==':
      return a === b;
    case '!=':
      return a !== b;
  }
}

/** x^exponent for a whole number; 1/x is 0 where x is 0. */
export function powerOf(x: number, exponent: number): number {
  if (exponent > 0) return x ** exponent;
  return Math.abs(x) < tiny ? 0 : (1 / x) ** -exponent;
}

function keyOf(payload: Payload): string {
  switch (payload.op) {
    case 'number':
      return `${payload.value}`;
    case 'leaf':
      return payload.name;
    case 'parameter':
      return `$${payload.index}`;
    case 'add':
      return `+${payload.constant};${payload.terms.map((term) => `${term.coefficient}*${term.node.id}`).join()}`;
    case 'multiply':
      return `*${payload.coefficient};${payload.factors.map((f) => `${f.node.id}^${f.exponent}`).join()}`;
    case 'call':
      return `${payload.name}(${payload.args.map((arg) => arg.id).join()}`;
    case 'sum':
      return `sum(${payload.body.id}`;
    case 'where':
      return `${payload.comparison}(${childrenOf(payload).map((child) => child.id)}`;
    case 'detach':
      return `detach(${payload.of.id}`;
  }
}

type Facts = Pick<Node, 'kind' | 'student' | 'level' | 'positive'>;

function factsOf(payload: Payload): Facts {
  const children = childrenOf(payload);
  const level = Math.max(0, ...children.map((child) => child.level));
  return {
    kind: kindOf(payload, children),
    student: isStudent(payload, children),
    level: payload.op === 'sum' ? level + 1 : level,
    positive: isPositive(payload),
  };
}

function kindOf(payload: Payload, children: readonly Node[]): Node['kind'] {
  if (payload.op === 'sum') return 'row';
  if (payload.op !== 'leaf') return children.some((child) => child.kind === 'class') ? 'class' : 'row';
  return payload.name === 'T' || payload.name === 'V' || payload.name.endsWith('@top') ? 'row' : 'class';
}

function isStudent(payload: Payload, children: readonly Node[]): boolean {
  switch (payload.op) {
    case 'leaf':
      return studentLeaves.has(payload.name);
    case 'detach':
      return false;
    case 'where':
      return payload.yes.student || payload.no.student;
    case 'call':
      return payload.name !== 'sign' && children.some((child) => child.student);
    default:
      return children.some((child) => child.student);
  }
}

function isPositive(payload: Payload): boolean {
  switch (payload.op) {
    case 'number':
      return payload.value > 0;
    case 'leaf':
      return positiveLeaves.has(payload.name);
    case 'parameter':
      return payload.min > 0;
    case 'add':
      return (
        payload.constant >= 0 && payload.terms.every((term) => term.coefficient > 0 && term.node.positive)
      );
    case 'multiply':
      return payload.coefficient > 0 && payload.factors.every(({ node }) => node.positive);
    case 'call':
      return positiveCalls.has(payload.name);
    case 'sum':
      return payload.body.positive;
    case 'where':
      return payload.yes.positive && payload.no.positive;
    case 'detach':
      return payload.of.positive;
  }
}
