/**
 * The rewritings that keep digits. An element knows log p, log q, d = log q − log p and gap = q − p exactly, so what can
 * be said with them is; a mixture m = a·p + b·q with a + b = 1 is kept as log m = log p + log(a + b·eᵈ). Each is an
 * identity of the numbers that they stand for.
 */
import type { FunctionName } from './functions.ts';
import type { Graph } from './graph.ts';
import type { LeafName, Node, Scaled } from './node.ts';

type Put = (node: Node, exponent: number) => void;

/** Terms of a sum: c·r·log q − c·r·log p = c·r·d, c·r·q − c·r·p = c·r·gap, d − log(1−w+w·eᵈ) = −log(w+(1−w)·e⁻ᵈ). */
export function pairTerms(g: Graph, terms: Map<Node, number>): void {
  pairLeaves(g, terms, 'logq', 'logp', 'd');
  pairLeaves(g, terms, 'q', 'p', 'gap');
  pairLeaves(g, terms, 'd', 'd@top', 'rise');
  for (const [term, coefficient] of [...terms]) {
    const mix = factorsOf(term).find(({ node, exponent }) => exponent === 1 && isMix(node))?.node;
    if (mix === undefined || !terms.has(term) || mix.op !== 'call') continue;
    const [w, x] = mix.args;
    if (w === undefined || x === undefined) continue;
    const d = signOf(g, x);
    if (d === 0) continue;
    const rest = without(g, term, mix);
    const partner = g.times(rest, g.leaf('d'));
    if (!opposite(terms.get(partner), d * coefficient)) continue;
    terms.delete(term);
    terms.delete(partner);
    const other = g.call('log_mix', g.rest(w), g.minus(x));
    merge(terms, g.times(rest, other), coefficient);
  }
}

function pairLeaves(
  g: Graph,
  terms: Map<Node, number>,
  plus: LeafName,
  minus: LeafName,
  both: LeafName,
): void {
  const [plusLeaf, minusLeaf] = [g.leaf(plus), g.leaf(minus)];
  for (const [term, coefficient] of [...terms]) {
    if (!factorsOf(term).some(({ node }) => node === plusLeaf) || !terms.has(term)) continue;
    const rest = without(g, term, plusLeaf);
    const partner = g.times(rest, minusLeaf);
    if (!opposite(terms.get(partner), coefficient)) continue;
    terms.delete(term);
    terms.delete(partner);
    merge(terms, g.times(rest, g.leaf(both)), coefficient);
  }
}

function merge(terms: Map<Node, number>, node: Node, coefficient: number): void {
  terms.set(node, (terms.get(node) ?? 0) + coefficient);
}

function opposite(a: number | undefined, b: number): boolean {
  return a !== undefined && Math.abs(a + b) <= 1e-12 * Math.abs(b);
}

/** A node as a sum; no term has a number of its own. */
export function termsOf(
  g: Graph,
  node: Node,
): { readonly constant: number; readonly terms: readonly Scaled[] } {
  if (node.op === 'add') return node;
  if (node.op === 'number') return { constant: node.value, terms: [] };
  if (node.op !== 'multiply') return { constant: 0, terms: [{ coefficient: 1, node }] };
  return { constant: 0, terms: [{ coefficient: node.coefficient, node: g.multiply(1, node.factors) }] };
}

export function factorsOf(term: Node): readonly { readonly node: Node; readonly exponent: number }[] {
  return term.op === 'multiply' ? term.factors : [{ node: term, exponent: 1 }];
}

/** term/factor. */
export function without(g: Graph, term: Node, factor: Node): Node {
  return g.multiply(1, [...factorsOf(term), { node: factor, exponent: -1 }]);
}

export function isMix(node: Node): boolean {
  return node.op === 'call' && node.name === 'log_mix';
}

/** 1 where `x` is d, −1 where it is −d, else 0. */
export function signOf(g: Graph, x: Node): 1 | -1 | 0 {
  if (x === g.leaf('d')) return 1;
  return x === g.minus(g.leaf('d')) ? -1 : 0;
}

export interface Mixture {
  /** m = a·p + b·q. */
  readonly a: Node;
  readonly b: Node;
}

/** A mixture whose weights are known to lie in 0…1 and to add up to 1. */
export function mixtureOf(g: Graph, node: Node): Mixture | null {
  if (node.op !== 'add' || node.constant !== 0 || node.terms.length !== 2) return null;
  const weightOf = (leaf: Node): Node | undefined => {
    const term = node.terms.find((one) =>
      factorsOf(one.node).some((f) => f.node === leaf && f.exponent === 1),
    );
    if (term === undefined) return undefined;
    const weight = g.scale(term.coefficient, without(g, term.node, leaf));
    return isShare(g, weight) ? weight : undefined;
  };
  const [a, b] = [weightOf(g.leaf('p')), weightOf(g.leaf('q'))];
  if (a === undefined || b === undefined || g.sum2(a, b) !== g.number(1)) return null;
  return { a, b };
}

/** A number in 0…1, a parameter within, or 1 − such a parameter. */
function isShare(g: Graph, node: Node): boolean {
  const within = (one: Node): boolean => one.op === 'parameter' && one.min >= 0 && one.max <= 1;
  if (node.op === 'number') return node.value >= 0 && node.value <= 1;
  return within(node) || within(g.rest(node));
}

/** One rewriting of a product's factors; false where none applies. */
export function productRule(g: Graph, factors: Map<Node, number>, put: Put): boolean {
  const [p, q, d] = [g.leaf('p'), g.leaf('q'), g.leaf('d')];
  const [ofP, ofQ] = [factors.get(p) ?? 0, factors.get(q) ?? 0];
  if (ofP === 0 && ofQ === 0) return false;
  if (ofP * ofQ < 0) {
    const times = Math.min(Math.abs(ofP), Math.abs(ofQ)) * Math.sign(ofP);
    put(p, -times);
    put(q, times);
    put(g.call('exp', g.scale(-times, d)), 1);
    return true;
  }
  for (const [node, exponent] of factors) {
    if (exponent === 1 && node.op === 'call' && node.name === 'exp') {
      const [x] = node.args;
      if (x !== undefined && exponentRule(g, x, ofP, ofQ, put, node)) return true;
    }
    if (exponent >= 0 || (ofP < 1 && ofQ < 1)) continue;
    const mixture = mixtureOf(g, node);
    if (mixture === null) continue;
    put(node, 1);
    put(ofP > 0 ? p : q, -1);
    const log = ofP > 0 ? g.call('log_mix', mixture.b, d) : g.call('log_mix', mixture.a, g.minus(d));
    put(g.call('exp', g.minus(log)), 1);
    return true;
  }
  return false;
}

/** p·eᵈ = q, q·e⁻ᵈ = p, and p·(q/m) = q·(p/m). */
function exponentRule(g: Graph, x: Node, ofP: number, ofQ: number, put: Put, whole: Node): boolean {
  const [p, q, d] = [g.leaf('p'), g.leaf('q'), g.leaf('d')];
  const trade = (from: Node, to: Node, rest: Node): boolean => {
    put(from, -1);
    put(to, 1);
    put(whole, -1);
    put(g.call('exp', rest), 1);
    return true;
  };
  const [only] = x.op === 'multiply' && x.coefficient === -1 ? x.factors : [];
  if (ofP > 0 && x.op === 'multiply' && x.factors.length === 1 && only !== undefined && isMix(only.node)) {
    const [w, inner] = only.node.op === 'call' ? only.node.args : [];
    if (w !== undefined && inner !== undefined && signOf(g, inner) === -1)
      return trade(p, q, g.minus(g.call('log_mix', g.rest(w), d)));
  }
  const ofD = coefficientOf(x, d);
  if (ofP > 0 && ofD >= 1)
    return trade(
      p,
      q,
      g.add([
        { coefficient: 1, node: x },
        { coefficient: -1, node: d },
      ]),
    );
  if (ofQ > 0 && ofD <= -1) return trade(q, p, g.sum2(x, d));
  return false;
}

function coefficientOf(x: Node, leaf: Node): number {
  if (x === leaf) return 1;
  if (x.op === 'add') return x.terms.find(({ node }) => node === leaf)?.coefficient ?? 0;
  if (x.op !== 'multiply' || x.factors.length !== 1) return 0;
  return x.factors[0]?.node === leaf && x.factors[0].exponent === 1 ? x.coefficient : 0;
}

/** What a function of these arguments is in other words; undefined where it stays. */
export function callRule(g: Graph, name: FunctionName, args: readonly Node[]): Node | undefined {
  const [a, b] = args;
  if (a === undefined) return undefined;
  switch (name) {
    case 'log':
      return logRule(g, a);
    case 'exp':
      if (a === g.leaf('logp')) return g.leaf('p');
      return a === g.leaf('logq') ? g.leaf('q') : undefined;
    case 'abs':
      if (isNegated(a)) return g.call('abs', g.minus(a));
      return a.positive ? a : undefined;
    case 'relu':
      return a.positive ? a : undefined;
    case 'sign':
      if (isNegated(a)) return g.minus(g.call('sign', g.minus(a)));
      return a.positive ? g.number(1) : undefined;
    case 'min':
    case 'max':
      return a === b ? a : undefined;
    case 'power':
      return b === undefined ? undefined : powerRule(g, a, b);
    case 'log_mix':
      if (a.op !== 'number') return undefined;
      if (a.value === 0) return g.number(0);
      return a.value === 1 ? b : undefined;
    default:
      return undefined;
  }
}

function isNegated(node: Node): boolean {
  return node.op === 'multiply' && node.coefficient < 0;
}

function logRule(g: Graph, a: Node): Node | undefined {
  if (a === g.leaf('p')) return g.leaf('logp');
  if (a === g.leaf('q')) return g.leaf('logq');
  if (a.op === 'call' && a.name === 'exp') return a.args[0];
  const mixture = mixtureOf(g, a);
  if (mixture !== null) return g.sum2(g.leaf('logp'), g.call('log_mix', mixture.b, g.leaf('d')));
  if (a.op !== 'multiply' || a.coefficient <= 0) return undefined;
  const known = a.factors.filter(({ node }) => hasExactLog(g, node));
  const others = a.factors.filter(({ node }) => !hasExactLog(g, node));
  if (known.length === 0 || !others.every(({ node }) => node.positive)) return undefined;
  const logs = known.map(({ node, exponent }) => ({ coefficient: exponent, node: g.call('log', node) }));
  return g.add([...logs, { coefficient: 1, node: g.call('log', g.multiply(a.coefficient, others)) }]);
}

function hasExactLog(g: Graph, node: Node): boolean {
  if (node === g.leaf('p') || node === g.leaf('q')) return true;
  return (node.op === 'call' && node.name === 'exp') || mixtureOf(g, node) !== null;
}

function powerRule(g: Graph, base: Node, exponent: Node): Node | undefined {
  if (exponent.op === 'number') {
    const { value } = exponent;
    if (Number.isInteger(value) && Math.abs(value) <= 8) return g.power(base, value);
    if (value === 0.5) return g.call('sqrt', base);
  }
  if (base === g.leaf('p') || base === g.leaf('q') || (base.op === 'call' && base.name === 'exp'))
    return g.call('exp', g.times(exponent, g.call('log', base)));
  return undefined;
}
