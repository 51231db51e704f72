/**
 * Which tensors of a model can serve: its sample input, its logits, and inner tensors as hidden states. It reads the
 * graph alone; types and shapes that the file does not state stay unknown until a session has inferred them.
 */
import type { ModelGraph, ModelNode, ModelValue } from './modelFile.ts';

export interface LogitsCandidate {
  readonly name: string;
  /** Why, in words ready to show. */
  readonly reason: string;
}

const floatTypes: ReadonlySet<string> = new Set(['float32', 'float16', 'float64', 'unknown']);
/** Results of these are no activations, whatever goes in. */
const notContinuous: ReadonlySet<string> = new Set([
  ...[
    'Shape',
    'Size',
    'ArgMax',
    'ArgMin',
    'NonZero',
    'Equal',
    'Greater',
    'Less',
    'GreaterOrEqual',
    'LessOrEqual',
  ],
  ...['Not', 'And', 'Or', 'Xor', 'IsNaN', 'IsInf', 'Constant', 'ConstantOfShape', 'Range', 'OneHot'],
]);
/** Between a Softmax and the output, these change nothing that matters here. */
const transparent: ReadonlySet<string> = new Set(['Identity', 'Cast', 'Dropout']);
const mostTaps = 500;

/** Inputs that a caller has to give: those that are no initialisers. */
export function openInputs(graph: ModelGraph): readonly ModelValue[] {
  const constant = new Set(graph.tensors.map(({ name }) => name));
  return graph.inputs.filter(({ name }) => !constant.has(name));
}

/** Outputs with a row of numbers for each token, the likeliest first. Hidden states are none. */
export function tokenLogits(graph: ModelGraph): readonly LogitsCandidate[] {
  const rows = graph.outputs.filter(({ name, dtype, shape }) => {
    const state = /hidden|present|past|key|value|pool/i.test(name);
    return floatTypes.has(dtype) && !state && (shape === null || shape.length === 3);
  });
  const named = (name: string) => Number(/logit|score/i.test(name));
  return [...rows]
    .sort((a, b) => named(b.name) - named(a.name))
    .map(({ name, shape }) => {
      const words = shape?.[2];
      const reason =
        typeof words === 'number' ? `one number for each of ${words} words` : 'a row for each token';
      return { name, reason };
    });
}

/** Sums and normalisations: what a layer of a language model hands on, out of thousands of tensors. */
const handedOn: ReadonlySet<string> = new Set([
  ...['Add', 'LayerNormalization', 'SkipLayerNormalization'],
  ...['SimplifiedLayerNormalization', 'SkipSimplifiedLayerNormalization'],
]);

/** Weights of attention and the values that they mix: what a Softmax gives to a product, and the product's other side. */
function attentionTensors(graph: ModelGraph, producers: ReadonlyMap<string, ModelNode>): ReadonlySet<string> {
  const mixing = graph.nodes.filter(({ op, inputs: [weights = ''] }) => {
    return op === 'MatMul' && producers.get(weights)?.op === 'Softmax';
  });
  return new Set(mixing.flatMap(({ inputs }) => inputs));
}

/** Inner tensors with a row for each token, as far as the file tells, and those of attention. */
export function tokenTaps(graph: ModelGraph, ids: string): readonly ModelValue[] {
  const producers = producersOf(graph);
  const ofAttention = attentionTensors(graph, producers);
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  return tapCandidates(graph, ids, Number.POSITIVE_INFINITY)
    .filter(({ name, shape }) => {
      if (ofAttention.has(name)) return true;
      if (shape !== null && shape.length !== 3) return false;
      return outputs.has(name) || handedOn.has(producers.get(name)?.op ?? '');
    })
    .slice(0, mostTaps);
}

/** The likeliest first; empty where no output is a row of numbers for each sample. */
export function logitsCandidates(graph: ModelGraph): readonly LogitsCandidate[] {
  const producers = producersOf(graph);
  const ranked = graph.outputs.filter(isRowOfScores).flatMap((output) => ranksOf(output, producers));
  ranked.sort((a, b) => a.rank - b.rank);
  const seen = new Set<string>();
  return ranked
    .filter(({ name }) => !seen.has(name) && seen.add(name))
    .map(({ name, reason }) => ({ name, reason }));
}

interface Ranked extends LogitsCandidate {
  readonly rank: number;
}

function ranksOf(output: ModelValue, producers: ReadonlyMap<string, ModelNode>): Ranked[] {
  const last = lastOperation(output.name, producers);
  const before = last?.inputs[0];
  if (last?.op === 'Softmax' && before !== undefined) {
    return [
      { name: before, rank: 1, reason: 'the scores before the Softmax at the end' },
      {
        name: output.name,
        rank: 9,
        reason: 'probabilities, not logits: temperatures above 1 soften them twice',
      },
    ];
  }
  if (last?.op === 'LogSoftmax') {
    return [{ name: output.name, rank: 2, reason: 'log-probabilities, which are logits up to a constant' }];
  }
  const named = /logit|score|output|pred/i.test(output.name);
  const classes = output.shape?.[1];
  const reason =
    typeof classes === 'number' ? `one number for each of ${classes} classes` : 'one row for each sample';
  return [{ name: output.name, rank: named ? 0 : 3, reason }];
}

/** [N, V], or [N, V, 1, 1] and the like; unknown shapes get the benefit of the doubt. */
function isRowOfScores({ dtype, shape }: ModelValue): boolean {
  if (!floatTypes.has(dtype)) return false;
  if (shape === null) return true;
  const [, classes, ...rest] = shape;
  return classes !== undefined && (typeof classes === 'string' || classes >= 2) && rest.every((n) => n === 1);
}

function lastOperation(name: string, producers: ReadonlyMap<string, ModelNode>): ModelNode | undefined {
  let node = producers.get(name);
  for (let i = 0; node !== undefined && transparent.has(node.op) && i < 16; i++) {
    node = producers.get(node.inputs[0] ?? '');
  }
  return node;
}

/** Tensors that depend on the samples through continuous operations, in order of depth. */
export function tapCandidates(graph: ModelGraph, input: string, most = mostTaps): readonly ModelValue[] {
  const known = new Map([...graph.values, ...graph.outputs].map((value) => [value.name, value]));
  const reached = new Set([input]);
  const taps: ModelValue[] = [];
  for (const node of graph.nodes) {
    if (notContinuous.has(node.op) || !node.inputs.some((name) => reached.has(name))) continue;
    // Later outputs are masks, indices and statistics.
    const name = node.outputs[0];
    if (name === undefined || name === '') continue;
    reached.add(name);
    const value = known.get(name) ?? { name, dtype: 'unknown', shape: null };
    if (floatTypes.has(value.dtype) && taps.length < most) taps.push(value);
  }
  return taps;
}

export function producersOf(graph: ModelGraph): ReadonlyMap<string, ModelNode> {
  return new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
}
