/**
 * From a loss to what the row kernel computes of it: an element's share of the loss, its slope ∂L/∂log q (up to a
 * multiple of q), its plain gradient ∂L/∂z, and the sums over the row that these need, in levels that ask only for those
 * before. The derivative by an inner sum is a row's number times a sum of its own, so a gradient needs no more levels
 * than its loss, or one.
 */
import { derivatives } from './derive.ts';
import { type Graph, TooLarge } from './graph.ts';
import { type ElementName, type Node, reachable, type Scaled, type Sum } from './node.ts';
import { factorsOf, isMix, signOf, termsOf, without } from './rules.ts';

/** What the row kernel sums beside its own statistics: levels of four. */
export const levelLimits = { levels: 4, sums: 4 } as const;

/** A sum over the row with the body that is computed for it: the same in value, exact near 0. */
export interface PlannedSum {
  readonly sum: Sum;
  readonly body: Node;
}

export interface Plan {
  readonly levels: readonly (readonly PlannedSum[])[];
  /** The element's share, and what the row adds once. */
  readonly loss: Node;
  readonly once: Node;
  /** 0 where the loss does not depend on q, or on zs. */
  readonly slope: Node;
  readonly plain: Node;
  /** The slope moved by the multiple of q that makes it 0 at the student's top: q·`centred` + `others`, beside `gaps`. */
  readonly centred: Node;
  readonly others: Node;
  readonly gaps: Node;
  /** It asks for the label. */
  readonly labelled: boolean;
  /** A function of softened probabilities that does not name T, so that T² may apply to it. */
  readonly scaled: boolean;
}

/** Errors: `TooLarge`. */
export function planLoss(g: Graph, loss: Node): Plan {
  const { share, once } = shares(g, loss);
  try {
    return finish(g, loss, share, once, true);
  } catch (cause) {
    if (!(cause instanceof TooLarge)) throw cause;
    // Fewer sums, but one level more.
    return finish(g, loss, share, once, false);
  }
}

/** L = Σ share + once: outer sums that stand alone need no value of their own. */
function shares(g: Graph, loss: Node): { readonly share: Node; readonly once: Node } {
  const { constant, terms } = termsOf(g, loss);
  const summed: Scaled[] = [];
  const others: Scaled[] = [];
  for (const { coefficient, node } of terms.flatMap((term) => distributed(g, term))) {
    const sum = factorsOf(node).find((factor) => factor.node.op === 'sum' && factor.exponent === 1)?.node;
    const rest = sum === undefined ? undefined : without(g, node, sum);
    if (sum?.op !== 'sum' || rest === undefined || rest.student) others.push({ coefficient, node });
    else summed.push({ coefficient, node: g.times(rest, sum.body) });
  }
  return { share: g.add(summed), once: g.add(others, constant) };
}

/** A row's number times a sum of sums, as the sums of products: each then stands alone. */
function distributed(g: Graph, term: Scaled): readonly Scaled[] {
  const inner = factorsOf(term.node).find(({ node, exponent }) => node.op === 'add' && exponent === 1)?.node;
  if (inner === undefined || !reachable([inner]).some(({ op }) => op === 'sum')) return [term];
  const rest = without(g, term.node, inner);
  if (rest.student) return [term];
  const { constant, terms } = termsOf(g, inner);
  const parts = terms.map((part) => ({
    coefficient: term.coefficient * part.coefficient,
    node: g.times(rest, part.node),
  }));
  const last = constant === 0 ? [] : [{ coefficient: term.coefficient * constant, node: rest }];
  return [...parts.flatMap((part) => distributed(g, part)), ...last];
}

function finish(g: Graph, loss: Node, share: Node, once: Node, apart: boolean): Plan {
  const gradient = gradientOf(g, share, once, apart);
  const bare = (node: Node): Node =>
    g.replace(node, (one) => (one.op === 'detach' ? bare(one.of) : undefined));
  const slope = free(g, bare(gradient.slope));
  const plain = bare(gradient.plain);
  const [ownShare, ownOnce] = [exact(g, bare(share)), bare(once)];
  const centred = centre(g, slope);
  const roots = [ownShare, ownOnce, slope, plain, ...Object.values(centred)];
  const all = reachable(roots, true);
  const named = new Set(reachable([loss], true).flatMap((node) => (node.op === 'leaf' ? [node.name] : [])));
  return {
    levels: schedule(g, roots),
    loss: ownShare,
    once: ownOnce,
    slope,
    plain,
    ...centred,
    labelled: all.some((node) => node.op === 'leaf' && (node.name === 'y' || node.name === 'y@top')),
    scaled: !named.has('zs') && !named.has('zt') && !named.has('T'),
  };
}

/** By log q and by z, with the sums' own derivatives followed to the elements. */
function gradientOf(
  g: Graph,
  share: Node,
  once: Node,
  apart: boolean,
): { readonly slope: Node; readonly plain: Node } {
  const slopes: Node[] = [];
  const plains: Node[] = [];
  const toSums = new Map<Sum, Node[]>();
  /** `factor` is a row's number: what the element's share moves the loss by. */
  const follow = (found: ReadonlyMap<Node, Node>, factor: Node, byElement: boolean): void => {
    for (const [end, part] of found) {
      if (end.op === 'leaf') {
        const own = g.times(factor, part);
        if (end.name === 'zs') plains.push(own);
        else slopes.push(end.name === 'q' || end.name === 'gap' ? g.times(own, g.leaf('q')) : own);
      } else if (end.op === 'sum') {
        const summed = byElement
          ? apart
            ? g.times(factor, g.sum(part))
            : g.sum(g.times(factor, part))
          : part;
        toSums.set(end, [...(toSums.get(end) ?? []), summed]);
      }
    }
  };
  const one = g.number(1);
  follow(derivatives(g, once), one, false);
  follow(derivatives(g, share), one, true);
  for (const sum of studentSums([share, once])) {
    const factor = total(g, toSums.get(sum) ?? []);
    if (factor.op === 'number' && factor.value === 0) continue;
    follow(derivatives(g, sum.body), factor, true);
  }
  return { slope: total(g, slopes), plain: total(g, plains) };
}

/** Outer sums before those inside them. */
function studentSums(roots: readonly Node[]): readonly Sum[] {
  return reachable(roots, true)
    .flatMap((node) => (node.op === 'sum' && node.student ? [node] : []))
    .reverse();
}

function total(g: Graph, nodes: readonly Node[]): Node {
  return g.add(nodes.map((node) => ({ coefficient: 1, node })));
}

/** Multiples of q may be left out; with that −c·p is c·(q − p), exact near the teacher. c is the same for all classes. */
function free(g: Graph, slope: Node): Node {
  const { constant, terms } = termsOf(g, slope);
  const [p, q, gap] = [g.leaf('p'), g.leaf('q'), g.leaf('gap')];
  const moved = terms.map(({ coefficient, node }) => {
    const { shared, own } = g.split(node);
    return own === p ? { coefficient: -coefficient, node: g.times(shared, gap) } : { coefficient, node };
  });
  return g.add(
    moved.filter(({ node }) => g.split(node).own !== q),
    constant,
  );
}

/**
 * slope − q·(slope/q at the student's top): a confident row's gradient is then no difference of nearly equal numbers.
 * Terms in q − p need it not: their sum is 0.
 */
function centre(g: Graph, slope: Node): Pick<Plan, 'centred' | 'others' | 'gaps'> {
  const { constant, terms } = termsOf(g, slope);
  const [q, gap] = [g.leaf('q'), g.leaf('gap')];
  const isGap = (term: Scaled): boolean => g.split(term.node).own === gap;
  const hasQ = (term: Scaled): boolean => factorsOf(term.node).some((f) => f.node === q && f.exponent >= 1);
  const gaps = terms.filter(isGap);
  const ofQ = terms.filter((term) => !isGap(term) && hasQ(term));
  const others = g.add(
    terms.filter((term) => !isGap(term) && !hasQ(term)),
    constant,
  );
  const inQ = g.add(ofQ.map(({ coefficient, node }) => ({ coefficient, node: without(g, node, q) })));
  const top = g.sum2(atTop(g, inQ), g.times(atTop(g, others), g.power(g.leaf('q@top'), -1)));
  return { centred: g.sum2(inQ, g.minus(top)), others, gaps: g.add(gaps) };
}

const elementNames: ReadonlySet<string> = new Set<ElementName>([
  ...(['zs', 'zt', 'p', 'q', 'logp', 'logq', 'd', 'gap', 'y', 'zsmax', 'ztmax'] as const),
]);

function atTop(g: Graph, node: Node): Node {
  const there = (one: Node): Node | undefined =>
    one.op === 'leaf' && elementNames.has(one.name) ? g.leaf(`${one.name as ElementName}@top`) : undefined;
  return g.replace(node, there, false);
}

/**
 * The same sum over the row by terms that are never negative. With r a distribution and x = log(r/w):
 * Σ −w·x = Σ w·(eˣ − 1 − x), since Σ r = Σ w.
 */
function exact(g: Graph, body: Node): Node {
  const { constant, terms } = termsOf(g, body);
  const rewritten = terms.map(({ coefficient, node }) => {
    const { shared, own } = g.split(node);
    const excess = excessOf(g, own);
    if (excess === null) return { coefficient, node };
    return { coefficient: coefficient * excess.sign, node: g.times(shared, excess.node) };
  });
  return g.add(rewritten, constant);
}

/** Of w·x as it stands in a sum: ∓ the excess of (w, ±x, r). */
function excessOf(g: Graph, own: Node): { readonly sign: 1 | -1; readonly node: Node } | null {
  const factors = factorsOf(own);
  const [d, p, q] = [g.leaf('d'), g.leaf('p'), g.leaf('q')];
  if (factors.length !== 2 || factors.some(({ exponent }) => exponent !== 1)) return null;
  const log = factors.find(({ node }) => node === d || isMix(node))?.node;
  const weight = factors.find(({ node }) => node !== log)?.node;
  if (log === undefined || weight === undefined) return null;
  if (log === d) {
    if (weight === p) return { sign: -1, node: g.call('excess', p, d, q) };
    return weight === q ? { sign: 1, node: g.call('excess', q, g.minus(d), p) } : null;
  }
  const [share, x] = log.op === 'call' ? log.args : [];
  if (share === undefined || x === undefined) return null;
  const sign = signOf(g, x);
  // log m − log p for a share of q, log m − log q for a share of p.
  const [from, other] = sign === 1 ? [p, q] : [q, p];
  if (sign === 0) return null;
  const mixed = g.sum2(g.times(g.rest(share), from), g.times(share, other));
  if (weight === from) return { sign: -1, node: g.call('excess', from, log, mixed) };
  return weight === mixed ? { sign: 1, node: g.call('excess', mixed, g.minus(log), from) } : null;
}

/** Each sum as early as those inside it allow, those first on which most others wait. Errors: `TooLarge`. */
function schedule(g: Graph, roots: readonly Node[]): readonly (readonly PlannedSum[])[] {
  const found = new Map<Sum, Node>();
  const open = [...roots];
  for (let root = open.pop(); root !== undefined; root = open.pop()) {
    for (const node of reachable([root])) {
      if (node.op !== 'sum' || found.has(node)) continue;
      const body = exact(g, node.body);
      found.set(node, body);
      open.push(body);
    }
  }
  const needs = new Map(
    [...found].map(([sum, body]) => [sum, reachable([body]).filter((node) => node.op === 'sum')]),
  );
  const depth = new Map<Node, number>();
  for (const sum of [...found.keys()].sort((a, b) => b.id - a.id)) {
    for (const inner of needs.get(sum) ?? [])
      depth.set(inner, Math.max(depth.get(inner) ?? 0, (depth.get(sum) ?? 0) + 1));
  }
  const levels: PlannedSum[][] = [];
  const done = new Set<Node>();
  while (done.size < found.size) {
    const ready = [...found].filter(
      ([sum]) => !done.has(sum) && (needs.get(sum) ?? []).every((inner) => done.has(inner)),
    );
    ready.sort(([a], [b]) => (depth.get(b) ?? 0) - (depth.get(a) ?? 0) || a.id - b.id);
    const level = ready.slice(0, levelLimits.sums).map(([sum, body]) => ({ sum, body }));
    if (levels.length === levelLimits.levels) {
      throw new TooLarge('The loss and its gradient need too many different sums inside one another');
    }
    levels.push(level);
    for (const { sum } of level) done.add(sum);
  }
  return levels;
}
