/**
 * The typed tree of a formula. A node is a number of each class of a row (`class`) or one of the whole row (`row`).
 * Nodes are made by `Graph` alone, which gives equal ones the same object, so a tree is a graph without duplicates.
 */
import type { FunctionName } from './functions.ts';
import type { Comparison } from './syntax.ts';

/**
 * What an element of a row has: logits zs and zt; p and q with their exact logarithms; d = log q − log p and gap = q − p,
 * exact near 0; y, 1 at the label; zsmax and ztmax, 1 at the first of the student's and of the teacher's largest logits.
 */
export type ElementName = 'zs' | 'zt' | 'p' | 'q' | 'logp' | 'logq' | 'd' | 'gap' | 'y' | 'zsmax' | 'ztmax';
/** And what the row has: T, V, the same of its element with the student's largest logit; `rise` is d less that one's. */
export type LeafName = ElementName | 'rise' | 'T' | 'V' | `${ElementName}@top`;

export interface Scaled {
  readonly coefficient: number;
  readonly node: Node;
}

export interface Factor {
  readonly node: Node;
  /** A whole number, not 0. */
  readonly exponent: number;
}

export type Payload =
  | { readonly op: 'number'; readonly value: number }
  | { readonly op: 'leaf'; readonly name: LeafName }
  | { readonly op: 'parameter'; readonly index: number; readonly min: number; readonly max: number }
  | { readonly op: 'add'; readonly constant: number; readonly terms: readonly Scaled[] }
  | { readonly op: 'multiply'; readonly coefficient: number; readonly factors: readonly Factor[] }
  | { readonly op: 'call'; readonly name: FunctionName; readonly args: readonly Node[] }
  | { readonly op: 'sum'; readonly body: Node }
  | {
      readonly op: 'where';
      readonly comparison: Comparison;
      readonly left: Node;
      readonly right: Node;
      readonly yes: Node;
      readonly no: Node;
    }
  | { readonly op: 'detach'; readonly of: Node };

export type Node = Payload & {
  /** Ascending from leaves to roots. */
  readonly id: number;
  readonly kind: 'row' | 'class';
  /** Whether it has a derivative by the student's logits. */
  readonly student: boolean;
  /** Sums over classes inside one another. */
  readonly level: number;
  /** Known to be above 0. */
  readonly positive: boolean;
};

export type Sum = Extract<Node, { op: 'sum' }>;

export function childrenOf(node: Payload): readonly Node[] {
  switch (node.op) {
    case 'number':
    case 'leaf':
    case 'parameter':
      return [];
    case 'add':
      return node.terms.map((term) => term.node);
    case 'multiply':
      return node.factors.map((factor) => factor.node);
    case 'call':
      return node.args;
    case 'sum':
      return [node.body];
    case 'where':
      return [node.left, node.right, node.yes, node.no];
    case 'detach':
      return [node.of];
  }
}

/** The nodes that `roots` are made of, children first. Does not look into sums unless told, nor into `ends`. */
export function reachable(
  roots: readonly Node[],
  intoSums = false,
  ends: ReadonlyMap<Node, unknown> = new Map(),
): readonly Node[] {
  const found = new Map<number, Node>();
  const open = [...roots];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (found.has(node.id)) continue;
    found.set(node.id, node);
    if (ends.has(node)) continue;
    if (node.op !== 'sum' || intoSums) open.push(...childrenOf(node));
  }
  return [...found.values()].sort((a, b) => a.id - b.id);
}
