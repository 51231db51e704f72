/**
 * Derivatives by reverse mode over the tree: from one root to everything that it is made of. A sum over classes is an end
 * here, as a leaf is; plan.ts goes on from its derivative. Functions have the derivative of what they compute, with 0 at
 * kinks where it does not exist from both sides (but relu, min, max and where: that of the side that is taken).
 */
import type { Graph } from './graph.ts';
import { type Node, reachable } from './node.ts';

/** ∂root/∂end for every leaf and sum in `root` that the student moves, element by element. */
export function derivatives(g: Graph, root: Node): ReadonlyMap<Node, Node> {
  const parts = new Map<Node, Node[]>([[root, [g.number(1)]]]);
  const found = new Map<Node, Node>();
  for (const node of [...reachable([root])].reverse()) {
    const received = parts.get(node);
    if (received === undefined || !node.student) continue;
    const own = g.add(received.map((part) => ({ coefficient: 1, node: part })));
    if (own.op === 'number' && own.value === 0) continue;
    if (node.op === 'leaf' || node.op === 'sum') found.set(node, own);
    else {
      for (const [child, part] of partials(g, node, own)) {
        if (child.student) parts.set(child, [...(parts.get(child) ?? []), part]);
      }
    }
  }
  return found;
}

/** own·∂node/∂child for each child. */
function partials(g: Graph, node: Node, own: Node): readonly (readonly [Node, Node])[] {
  switch (node.op) {
    case 'add':
      return node.terms.map((term) => [term.node, g.scale(term.coefficient, own)]);
    case 'multiply':
      return node.factors.map((factor) => {
        const lower = { node: factor.node, exponent: -1 };
        const others = g.multiply(node.coefficient * factor.exponent, [...node.factors, lower]);
        return [factor.node, g.times(own, others)];
      });
    case 'where': {
      const zero = g.number(0);
      const { comparison, left, right } = node;
      return [
        [node.yes, g.where(comparison, left, right, own, zero)],
        [node.no, g.where(comparison, left, right, zero, own)],
      ];
    }
    case 'call':
      return callPartials(g, node, own);
    default:
      return [];
  }
}

function callPartials(
  g: Graph,
  node: Extract<Node, { op: 'call' }>,
  own: Node,
): readonly (readonly [Node, Node])[] {
  const [a, b] = node.args;
  if (a === undefined) return [];
  const one = (slope: Node): readonly (readonly [Node, Node])[] => [[a, g.times(own, slope)]];
  const zero = g.number(0);
  switch (node.name) {
    case 'log': {
      const slope = g.power(a, -1);
      return one(a.positive ? slope : g.where('>', a, zero, slope, zero));
    }
    case 'exp':
      return one(node);
    case 'sqrt':
      return one(g.scale(0.5, g.power(node, -1)));
    case 'abs':
      return one(g.call('sign', a));
    case 'sign':
      return [];
    case 'relu':
      return [[a, g.where('>', a, zero, own, zero)]];
    case 'tanh': {
      const double = g.scale(2, a);
      return one(g.scale(4, g.times(g.call('sigmoid', double), g.call('sigmoid', g.minus(double)))));
    }
    case 'sigmoid':
      return one(g.times(node, g.call('sigmoid', g.minus(a))));
    case 'log1p': {
      const slope = g.power(g.add([{ coefficient: 1, node: a }], 1), -1);
      return one(a.positive ? slope : g.where('>', a, g.number(-1), slope, zero));
    }
    case 'expm1':
      return one(g.call('exp', a));
    case 'softplus':
      return one(g.call('sigmoid', a));
    case 'min':
      return b === undefined ? [] : sides(g, '<=', a, b, own);
    case 'max':
      return b === undefined ? [] : sides(g, '>=', a, b, own);
    case 'power': {
      if (b === undefined) return [];
      const slope = g.times(b, g.call('power', a, g.add([{ coefficient: 1, node: b }], -1)));
      return [
        [a, g.times(own, slope)],
        [b, g.times(own, node, g.call('log', a))],
      ];
    }
    case 'log_mix': {
      if (b === undefined) return [];
      const share = g.call('exp', g.sum2(b, g.minus(node)));
      return [[b, g.times(own, a, share)]];
    }
    case 'excess':
      throw new RangeError('excess is put in after all derivatives');
  }
}

function sides(g: Graph, by: '<=' | '>=', a: Node, b: Node, own: Node): readonly (readonly [Node, Node])[] {
  const zero = g.number(0);
  return [
    [a, g.where(by, a, b, own, zero)],
    [b, g.where(by, a, b, zero, own)],
  ];
}
