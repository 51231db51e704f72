/**
 * The value and gradient of a formula by another way than the compiler's: the syntax tree as it was typed, in plain
 * arithmetic with dual numbers, one derivative for each of the student's logits. Nothing is rewritten, so it loses
 * digits where the compiler does not; it is for checking the compiler, and for nothing else.
 */
import type { Comparison, Reading, Syntax } from './syntax.ts';

export interface DirectRow {
  readonly student: readonly number[];
  readonly teacher: readonly number[];
  readonly label: number;
  readonly temperature: number;
  /** By name. */
  readonly values: Readonly<Record<string, number>>;
}

export interface DirectValue {
  readonly loss: number;
  readonly gradient: readonly number[];
  /** How near the row comes to a point without a derivative, to the end of a function's domain, or to overflow: the name. */
  readonly edge: string | null;
}

/** A value, then its derivatives by each logit. */
type Dual = readonly number[];
type Value =
  | { readonly kind: 'row'; readonly dual: Dual }
  | { readonly kind: 'class'; readonly duals: readonly Dual[] };

/** Distance from a kink below which a row is not judged. */
const margin = 1e-4;
/** Smallest argument of a logarithm, a root or a division that is judged, and the largest number. */
const least = 1e-7;
const most = 1e9;

export function directValue(reading: Reading, row: DirectRow): DirectValue {
  const machine = new Machine(row);
  for (const [name, value] of Object.entries(row.values)) machine.names.set(name, machine.number(value));
  for (const { name, value } of reading.definitions) machine.names.set(name, machine.value(value));
  const found = machine.value(reading.loss);
  if (found.kind === 'class') throw new RangeError('a loss that varies over the classes');
  const [loss = 0, ...gradient] = found.dual;
  return { loss, gradient, edge: machine.edge };
}

class Machine {
  readonly names = new Map<string, Value>();
  edge: string | null = null;
  readonly #n: number;

  constructor(row: DirectRow) {
    this.#n = row.student.length;
    const { student, teacher, temperature, label } = row;
    const zs = student.map((z, j) => [z, ...student.map((_, i) => (i === j ? 1 : 0))]);
    this.names.set('zs', { kind: 'class', duals: zs });
    this.names.set('zt', this.#constants(teacher));
    this.names.set('p', this.#constants(softmax(teacher, temperature)));
    const q = softmax(student, temperature);
    const ofQ = (j: number, i: number): number =>
      ((q[j] ?? 0) * ((i === j ? 1 : 0) - (q[i] ?? 0))) / temperature;
    this.names.set('q', {
      kind: 'class',
      duals: q.map((value, j) => [value, ...q.map((_, i) => ofQ(j, i))]),
    });
    this.names.set('y', this.#constants(student.map((_, j) => (j === label ? 1 : 0))));
    this.names.set('T', this.number(temperature));
    this.names.set('V', this.number(this.#n));
  }

  number(value: number): Value {
    return { kind: 'row', dual: [value, ...Array<number>(this.#n).fill(0)] };
  }

  value(syntax: Syntax): Value {
    switch (syntax.form) {
      case 'number':
        return this.number(syntax.value);
      case 'name':
        return this.names.get(syntax.name) ?? this.number(Number.NaN);
      case 'minus':
        return this.#each([this.value(syntax.of)], ([a = 0]) => [-a, [-1]]);
      case 'binary':
        return this.#binary(syntax.operator, this.value(syntax.left), this.value(syntax.right));
      case 'call':
        return this.#call(syntax.name, syntax.args);
    }
  }

  #constants(values: readonly number[]): Value {
    return { kind: 'class', duals: values.map((value) => [value, ...Array<number>(this.#n).fill(0)]) };
  }

  #binary(operator: string, left: Value, right: Value): Value {
    return this.#each([left, right], ([a = 0, b = 0]) => {
      switch (operator) {
        case '+':
          return [a + b, [1, 1]];
        case '-':
          return [a - b, [1, -1]];
        case '*':
          return [a * b, [b, a]];
        case '/':
          this.#near('division', Math.abs(b), least);
          return [a / b, [1 / b, -a / (b * b)]];
        default:
          return this.#power(a, b);
      }
    });
  }

  #power(a: number, b: number): [number, number[]] {
    if (Number.isInteger(b) && Math.abs(b) <= 8) {
      if (b < 0) this.#near('division', Math.abs(a), 1e-3);
      return [a ** b, [b === 0 ? 0 : b * a ** (b - 1), a > 0 ? a ** b * Math.log(a) : 0]];
    }
    this.#near('power', a, 1e-5);
    return [a ** b, [b * a ** (b - 1), a ** b * Math.log(a)]];
  }

  #call(name: string, args: readonly Syntax[]): Value {
    const [first, second, third] = args;
    if (first === undefined) throw new RangeError(`${name} of nothing`);
    if (name === 'where' && second !== undefined && third !== undefined)
      return this.#where(first, second, third);
    const values = args.map((arg) => this.value(arg));
    const [value] = values;
    if (value === undefined) throw new RangeError(`${name} of nothing`);
    switch (name) {
      case 'sum':
      case 'mean':
        return this.#sum(value, name === 'sum' ? 1 : this.#n);
      case 'detach':
        return this.#each([value], ([a = 0]) => [a, [0]]);
      case 'max':
        return values.length === 1 && value.kind === 'class'
          ? this.#largest(value.duals)
          : this.#each(values, ([a = 0, b = 0]) => this.#function(name, a, b));
      default:
        return this.#each(values, ([a = 0, b = 0]) => this.#function(name, a, b));
    }
  }

  #sum(value: Value, divisor: number): Value {
    const duals = value.kind === 'class' ? value.duals : Array<Dual>(this.#n).fill(value.dual);
    const dual = Array<number>(this.#n + 1).fill(0);
    for (const one of duals) {
      for (const [i, part] of one.entries()) dual[i] = (dual[i] ?? 0) + part / divisor;
    }
    return { kind: 'row', dual };
  }

  #largest(duals: readonly Dual[]): Value {
    const [first = [], second = []] = [...duals].sort(([a = 0], [b = 0]) => b - a);
    this.#near('max', (first[0] ?? 0) - (second[0] ?? Number.NEGATIVE_INFINITY), margin);
    return { kind: 'row', dual: first };
  }

  #where(condition: Syntax, yes: Syntax, no: Syntax): Value {
    if (condition.form !== 'binary') throw new RangeError('no condition');
    const sides = [condition.left, condition.right, yes, no].map((one) => this.value(one));
    return this.#each(sides, ([a = 0, b = 0, c = 0, d = 0]) => {
      // Equal by being the same number, as y > 0.5 or 1 == 1, is no kink; nearly equal is one.
      if (a !== b) this.#near('where', Math.abs(a - b), margin);
      else if (condition.operator !== '==' && condition.operator !== '!=') this.#near('where', 0, margin);
      const holds = compare(condition.operator as Comparison, a, b);
      return holds ? [c, [0, 0, 1, 0]] : [d, [0, 0, 0, 1]];
    });
  }

  #function(name: string, a: number, b: number): [number, number[]] {
    switch (name) {
      case 'log':
        this.#near('log', a, least);
        return [Math.log(a), [1 / a]];
      case 'exp':
        this.#near('exp', 40 - Math.abs(a), 0);
        return [Math.exp(a), [Math.exp(a)]];
      case 'sqrt':
        this.#near('sqrt', a, least);
        return [Math.sqrt(a), [0.5 / Math.sqrt(a)]];
      case 'abs':
        this.#near('abs', Math.abs(a), margin);
        return [Math.abs(a), [Math.sign(a)]];
      case 'sign':
        this.#near('sign', Math.abs(a), margin);
        return [Math.sign(a), [0]];
      case 'relu':
        this.#near('relu', Math.abs(a), margin);
        return [Math.max(a, 0), [a > 0 ? 1 : 0]];
      case 'tanh':
        return [Math.tanh(a), [1 - Math.tanh(a) ** 2]];
      case 'sigmoid': {
        const s = 1 / (1 + Math.exp(-a));
        this.#near('sigmoid', 40 - Math.abs(a), 0);
        return [s, [s * (1 - s)]];
      }
      case 'log1p':
        this.#near('log1p', 1 + a, 1e-4);
        return [Math.log(1 + a), [1 / (1 + a)]];
      case 'expm1':
        this.#near('expm1', 40 - Math.abs(a), 0);
        return [Math.exp(a) - 1, [Math.exp(a)]];
      case 'softplus':
        this.#near('softplus', 40 - Math.abs(a), 0);
        return [Math.log(1 + Math.exp(a)), [1 / (1 + Math.exp(-a))]];
      case 'min':
      case 'max': {
        this.#near(name, Math.abs(a - b), margin);
        const first = name === 'min' ? a <= b : a >= b;
        return [first ? a : b, first ? [1, 0] : [0, 1]];
      }
      default:
        throw new RangeError(`no function ${name}`);
    }
  }

  #near(what: string, distance: number, limit: number): void {
    if (!(distance > limit)) this.edge ??= what;
  }

  /** A function of some values and its partial derivatives, class by class where one of them varies. */
  #each(values: readonly Value[], of: (numbers: readonly number[]) => [number, readonly number[]]): Value {
    const one = (duals: readonly Dual[]): Dual => {
      const [value, slopes] = of(duals.map(([number = 0]) => number));
      if (!(Math.abs(value) < most) || slopes.some((slope) => !(Math.abs(slope) < most)))
        this.edge ??= 'overflow';
      const parts = Array.from({ length: this.#n }, (_, i) =>
        duals.reduce((sum, dual, k) => {
          const slope = slopes[k] ?? 0;
          return slope === 0 ? sum : sum + slope * (dual[i + 1] ?? 0);
        }, 0),
      );
      return [value, ...parts];
    };
    if (values.every((value) => value.kind === 'row')) {
      return { kind: 'row', dual: one(values.map((value) => (value.kind === 'row' ? value.dual : []))) };
    }
    const duals = Array.from({ length: this.#n }, (_, j) =>
      one(values.map((value) => (value.kind === 'row' ? value.dual : (value.duals[j] ?? [])))),
    );
    return { kind: 'class', duals };
  }
}

function softmax(logits: readonly number[], temperature: number): readonly number[] {
  const largest = Math.max(...logits);
  const powers = logits.map((z) => Math.exp((z - largest) / temperature));
  const all = powers.reduce((sum, x) => sum + x, 0);
  return powers.map((x) => x / all);
}

function compare(comparison: Comparison, a: number, b: number): boolean {
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
