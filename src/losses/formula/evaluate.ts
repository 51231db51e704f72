/**
 * Evaluates a plan in TypeScript, element by element, in float64: closures over the tree, one a node. Nothing is
 * generated, so a policy that forbids eval has nothing to forbid.
 */
import { functions } from './functions.ts';
import { holds, powerOf } from './graph.ts';
import { type LeafName, type Node, reachable } from './node.ts';
import { levelLimits, type Plan } from './plan.ts';

/** What an element is asked; an element of the row kernel's reference has it all. */
export interface FormulaElement {
  readonly index: number;
  readonly z: number;
  readonly u: number;
  readonly p: number;
  readonly q: number;
  readonly logP: number;
  readonly logQ: number;
  readonly d: number;
  readonly teacherTop: boolean;
  readonly isLabel: boolean;
  readonly row: { readonly temperature: number; readonly classes: number; readonly studentTop: number };
}

type Four = readonly [number, number, number, number];

export interface FormulaFunctions {
  extras(level: number, x: FormulaElement, known: readonly Four[], params: readonly number[]): Four;
  loss(x: FormulaElement, known: readonly Four[], params: readonly number[]): number;
  slope(x: FormulaElement, known: readonly Four[], params: readonly number[]): number;
  plain(x: FormulaElement, known: readonly Four[], params: readonly number[]): number;
}

/** Where the sums of a plan are found: level and place. */
type Places = ReadonlyMap<Node, readonly [number, number]>;
type Values = (x: FormulaElement, known: readonly Four[], params: readonly number[]) => readonly number[];

export function evaluatePlan(plan: Plan): FormulaFunctions {
  const places: Places = new Map(
    plan.levels.flatMap((level, i) => level.map(({ sum }, k) => [sum, [i, k] as const] as const)),
  );
  const one = (node: Node) => {
    const values = valuesOf([node], places);
    return (x: FormulaElement, known: readonly Four[], params: readonly number[]) =>
      values(x, known, params)[0] ?? 0;
  };
  const [share, once] = [one(plan.loss), one(plan.once)];
  const extras = plan.levels.map((level) =>
    valuesOf(
      level.map(({ body }) => body),
      places,
    ),
  );
  return {
    extras(level, x, known, params) {
      const [a = 0, b = 0, c = 0, d = 0] = extras[level]?.(x, known, params) ?? [];
      return [a, b, c, d];
    },
    loss: (x, known, params) => share(x, known, params) + (x.index === 0 ? once(x, known, params) : 0),
    slope: one(plan.slope),
    plain: one(plan.plain),
  };
}

/** The values of `roots`, each shared part computed once. */
function valuesOf(roots: readonly Node[], places: Places): Values {
  const nodes = reachable(roots);
  const register = new Map(nodes.map((node, i) => [node, i]));
  const of = (node: Node): number => register.get(node) ?? 0;
  const steps = nodes.map((node) => step(node, of, places));
  const found = new Float64Array(nodes.length);
  const wanted = roots.map(of);
  return (x, known, params) => {
    steps.forEach((run, i) => {
      found[i] = run(found, x, known, params);
    });
    return wanted.map((i) => found[i] ?? 0);
  };
}

type Step = (
  found: Float64Array,
  x: FormulaElement,
  known: readonly Four[],
  params: readonly number[],
) => number;

function step(node: Node, of: (node: Node) => number, places: Places): Step {
  switch (node.op) {
    case 'number':
      return () => node.value;
    case 'leaf':
      return (_, x) => leafOf(node.name, x);
    case 'parameter':
      return (_found, _x, _known, params) => params[node.index] ?? 0;
    case 'add': {
      const terms = node.terms.map(({ coefficient, node: term }) => [coefficient, of(term)] as const);
      return (found) => terms.reduce((sum, [c, i]) => sum + c * (found[i] ?? 0), node.constant);
    }
    case 'multiply': {
      const factors = node.factors.map(({ exponent, node: factor }) => [exponent, of(factor)] as const);
      return (found) =>
        factors.reduce((product, [e, i]) => product * powerOf(found[i] ?? 0, e), node.coefficient);
    }
    case 'call': {
      const [a = 0, b = 0, c = 0] = node.args.map(of);
      const { value } = functions[node.name];
      return (found) => value(found[a] ?? 0, found[b] ?? 0, found[c] ?? 0);
    }
    case 'sum': {
      const [level, place] = places.get(node) ?? [levelLimits.levels, 0];
      return (_found, _x, known) => known[level]?.[place] ?? Number.NaN;
    }
    case 'where': {
      const { comparison } = node;
      const [left, right, yes, no] = [of(node.left), of(node.right), of(node.yes), of(node.no)];
      return (found) => found[holds(comparison, found[left] ?? 0, found[right] ?? 0) ? yes : no] ?? 0;
    }
    case 'detach': {
      const inner = of(node.of);
      return (found) => found[inner] ?? 0;
    }
  }
}

function leafOf(name: LeafName, x: FormulaElement): number {
  switch (name) {
    case 'zs':
      return x.z;
    case 'zt':
      return x.u;
    case 'p':
      return x.p;
    case 'q':
      return x.q;
    case 'logp':
      return x.logP;
    case 'logq':
      return x.logQ;
    case 'd':
      return x.d;
    case 'gap':
      return x.d > 10 ? x.q - x.p : x.p * Math.expm1(x.d);
    case 'y':
      return x.isLabel ? 1 : 0;
    case 'zsmax':
      return x.index === x.row.studentTop ? 1 : 0;
    case 'ztmax':
      return x.teacherTop ? 1 : 0;
    case 'T':
      return x.row.temperature;
    case 'V':
      return x.row.classes;
    default:
      throw new RangeError(`${name} is for the shader, whose slopes are centred`);
  }
}
