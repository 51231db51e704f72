// Small causal language models for tests, in the layout in which such models lie on the hub: config.json, tokenizer.json,
// onnx/model.onnx with variants by precision, external data beside it. Two layers with rotary positions and SwiGLU;
// random weights from a seed. Their words are those of languageTokenizer.ts.
import { writeOnnx, writeOnnxExternal } from '../src/sharing/onnxFile.ts';
import { toHalves } from '../src/tensor/float16.ts';
import { OnnxBuilder, type OnnxGraph, type OnnxTensorType } from '../src/tensor/onnxGraph.ts';
import { RandomStream } from '../src/tensor/random.ts';
import { bpeTokenizer } from './languageTokenizer.ts';
import { quantisedBlock as block, blocksOf, bytesOf } from './quantised.ts';

export type Precision = 'f32' | 'f16' | 'int8' | 'int4';

export interface LanguageOptions {
  readonly vocabulary?: number;
  readonly precision?: Precision;
  /** Longest sequence that the tables of positions hold. */
  readonly context?: number;
  /** An encoder sees what comes later, and has neither positions nor caches among its inputs. */
  readonly kind?: 'decoder' | 'encoder';
  /** Further inputs of older and of newer exports. */
  readonly inputs?: readonly ('use_cache_branch' | 'num_logits_to_keep')[];
  /** Logits come out NaN, though no weight is. */
  readonly nan?: boolean;
  readonly seed?: number;
}

export interface HubFile {
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const width = 16;
const heads = 2;
const headWidth = width / heads;
const layers = 2;
const inner = 32;
/** Tensors of fewer bytes stay in the model, as exporters have it: the runtime needs shapes while it reads. */
const smallest = 1024;
const defaults = {
  vocabulary: 512,
  precision: 'f32',
  context: 64,
  kind: 'decoder',
  inputs: [],
  nan: false,
  seed: 1,
} as const;

/** How the hub names the file of each precision. */
const suffixes: Readonly<Record<Precision, string>> = {
  f32: '',
  f16: '_fp16',
  int8: '_quantized',
  int4: '_q4',
};
export const modelPath = (precision: Precision) => `onnx/model${suffixes[precision]}.onnx`;

/** Hidden state after the first layer, [batch, sequence, 16], in every graph made here. */
export const layerTensor = 'layer_0';

export function languageGraph(options: LanguageOptions = {}): OnnxGraph {
  return new Writer({ ...defaults, ...options }).graph();
}

export const languageModel = (options: LanguageOptions = {}) => writeOnnx(languageGraph(options));

/** All files of a repository on the hub that offers these precisions, the weights of the first beside its model. */
export function languageRepository(
  precisions: readonly Precision[],
  options: Omit<LanguageOptions, 'precision'> = {},
): readonly HubFile[] {
  const models = precisions.flatMap((precision, i): HubFile[] => {
    const path = modelPath(precision);
    const graph = languageGraph({ ...options, precision });
    if (i > 0) return [{ path, bytes: writeOnnx(graph) }];
    const location = `${path.slice('onnx/'.length)}_data`;
    const { model, data } = writeOnnxExternal(graph, location, smallest);
    return [
      { path, bytes: model },
      { path: `onnx/${location}`, bytes: data },
    ];
  });
  const { vocabulary } = { ...defaults, ...options };
  const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  return [
    { path: 'config.json', bytes: json(languageConfig(options)) },
    { path: 'generation_config.json', bytes: json({ eos_token_id: 0, bos_token_id: 0 }) },
    { path: 'tokenizer.json', bytes: json(bpeTokenizer(vocabulary)) },
    {
      path: 'tokenizer_config.json',
      bytes: json({ tokenizer_class: 'GPT2Tokenizer', eos_token: '<|endoftext|>' }),
    },
    { path: 'README.md', bytes: new TextEncoder().encode('---\nlicense: apache-2.0\n---\nFor tests.\n') },
    ...models,
  ];
}

export function languageConfig(options: Omit<LanguageOptions, 'precision'> = {}) {
  const { vocabulary, context, kind } = { ...defaults, ...options };
  return {
    architectures: [kind === 'decoder' ? 'LlamaForCausalLM' : 'BertForMaskedLM'],
    model_type: kind === 'decoder' ? 'llama' : 'bert',
    ...{ vocab_size: vocabulary, hidden_size: width, num_hidden_layers: layers, num_attention_heads: heads },
    ...{
      num_key_value_heads: 1,
      head_dim: headWidth,
      max_position_embeddings: context,
      intermediate_size: inner,
    },
    ...{ bos_token_id: 0, eos_token_id: 0, tie_word_embeddings: true },
  };
}

/** Values are named as in the paper: x (batch, sequence, width). Every method returns the name of what it computes. */
class Writer {
  readonly #options: Required<LanguageOptions>;
  readonly #builder = new OnnxBuilder('language model');
  readonly #random: RandomStream;
  /** Of activations: float16 weights come with float16 activations, quantised ones do not. */
  readonly #dtype: OnnxTensorType;

  constructor(options: Required<LanguageOptions>) {
    this.#options = options;
    this.#random = new RandomStream(options.seed, 0, 7);
    this.#dtype = options.precision === 'f16' ? 'float16' : 'float32';
  }

  graph(): OnnxGraph {
    const { vocabulary, kind, inputs, nan } = this.#options;
    const b = this.#builder;
    const ids = b.input('input_ids', ['batch_size', 'sequence_length'], 'int64');
    const mask = b.input('attention_mask', ['batch_size', 'total_sequence_length'], 'int64');
    const decoder = kind === 'decoder';
    const positions = decoder
      ? b.input('position_ids', ['batch_size', 'sequence_length'], 'int64')
      : this.#counted(ids);
    const table = this.#normals(vocabulary * width, 0.5);
    let x = this.#embed(table, ids);
    if (inputs.includes('use_cache_branch')) x = this.#reading(x, b.input('use_cache_branch', [1], 'bool'));
    const angles = this.#angles(positions);
    const allowed = this.#allowed(mask, decoder ? positions : null);
    let state = x;
    for (let layer = 0; layer < layers; layer++) {
      x = b.node('Add', [x, this.#attention(layer, this.#norm(`norm_${layer}_0`, x), angles, allowed)]);
      x = b.node('Add', [x, this.#feedForward(layer, this.#norm(`norm_${layer}_1`, x))]);
      if (layer === 0) state = x;
    }
    if (inputs.includes('num_logits_to_keep')) x = this.#last(x, b.input('num_logits_to_keep', [], 'int64'));
    let logits = this.#head(table, this.#norm('norm', x));
    if (nan) logits = b.node('Log', [b.node('Sub', [this.#number('minus', -1), b.node('Abs', [logits])])]);
    b.output(logits, 'logits', ['batch_size', 'sequence_length', vocabulary], this.#dtype);
    return this.#named(b.build(), state);
  }

  /** Outputs in the hub's order, the logits first; the state after the first layer under its name. */
  #named(graph: OnnxGraph, state: string): OnnxGraph {
    const rename = (name: string) => (name === state ? layerTensor : name);
    const nodes = graph.nodes.map((node) => {
      return { ...node, inputs: node.inputs.map(rename), outputs: node.outputs.map(rename) };
    });
    const outputs = [...graph.outputs].sort(
      (a, b) => Number(b.name === 'logits') - Number(a.name === 'logits'),
    );
    return { ...graph, nodes, outputs };
  }

  #counted(ids: string): string {
    const b = this.#builder;
    const length = b.node('Gather', [b.node('Shape', [ids]), this.#whole('one', 1)]);
    const range = b.node('Range', [this.#whole('zero', 0), length, this.#whole('one', 1)]);
    return b.node('Unsqueeze', [range, b.constantI64('first', [0])]);
  }

  #embed(table: Float32Array<ArrayBuffer>, ids: string): string {
    const { vocabulary, precision } = this.#options;
    const b = this.#builder;
    if (precision === 'f32' || precision === 'f16')
      return b.node('Gather', [this.#weights('embed', [vocabulary, width], table), ids]);
    const { bytes, scale } = bytesOf(table);
    const rows = b.node('Gather', [b.initialiser('embed_q', [vocabulary, width], bytes), ids]);
    return b.node('DequantizeLinear', [
      rows,
      this.#number('embed_scale', scale),
      this.#byte('embed_zero', 128),
    ]);
  }

  #head(table: Float32Array<ArrayBuffer>, x: string): string {
    const { vocabulary, precision } = this.#options;
    const b = this.#builder;
    if (precision === 'f32' || precision === 'f16') {
      const turned = b.node('Transpose', [this.#weights('embed', [vocabulary, width], table)], {
        perm: [1, 0],
      });
      return b.node('MatMul', [x, turned]);
    }
    const turned = new Float32Array(table.length);
    for (let i = 0; i < vocabulary; i++)
      for (let k = 0; k < width; k++) turned[k * vocabulary + i] = table[i * width + k] ?? 0;
    return this.#product('head', x, turned, width, vocabulary);
  }

  #linear(name: string, x: string, from: number, to: number): string {
    return this.#product(name, x, this.#normals(from * to, from ** -0.5), from, to);
  }

  /** x · W with W (from, to), in the precision of the model. */
  #product(name: string, x: string, values: Float32Array<ArrayBuffer>, from: number, to: number): string {
    const b = this.#builder;
    switch (this.#options.precision) {
      case 'f32':
      case 'f16':
        return b.node('MatMul', [x, this.#weights(name, [from, to], values)]);
      case 'int8': {
        const { bytes, scale } = bytesOf(values);
        const [quantised = '', by = '', zero = ''] = b.nodes('DynamicQuantizeLinear', [x], 3);
        const weights = b.initialiser(`${name}_q`, [from, to], bytes);
        const sums = b.node('MatMulInteger', [quantised, weights, zero, this.#byte('weight_zero', 128)]);
        const scales = b.node('Mul', [by, this.#number(`${name}_scale`, scale)]);
        return b.node('Mul', [b.node('Cast', [sums], { to: 1 }), scales]);
      }
      case 'int4': {
        const { nibbles, scales } = blocksOf(values, from, to);
        const packed = b.initialiser(`${name}_q4`, [to, from / block, block / 2], nibbles);
        const by = b.initialiser(`${name}_scales`, [(to * from) / block], scales);
        const attributes = { K: from, N: to, bits: 4, block_size: block };
        return b.node('MatMulNBits', [x, packed, by], attributes, 'com.microsoft');
      }
    }
  }

  #norm(name: string, x: string): string {
    const b = this.#builder;
    const mean = b.node('ReduceMean', [b.node('Mul', [x, x])], { axes: [-1], keepdims: 1 });
    const root = b.node('Sqrt', [b.node('Add', [mean, this.#number('epsilon', 1e-3)])]);
    return b.node('Mul', [
      b.node('Div', [x, root]),
      this.#weights(name, [width], new Float32Array(width).fill(1)),
    ]);
  }

  #attention(layer: number, x: string, angles: readonly [string, string], allowed: string): string {
    const b = this.#builder;
    const split = (y: string, n: number) => {
      const apart = b.node('Reshape', [y, b.constantI64(`split_${n}`, [0, 0, n, headWidth])]);
      return b.node('Transpose', [apart], { perm: [0, 2, 1, 3] });
    };
    const q = this.#rotated(split(this.#linear(`q_${layer}`, x, width, width), heads), angles);
    const k = this.#rotated(split(this.#linear(`k_${layer}`, x, width, headWidth), 1), angles);
    const keys = this.#cached(layer, 'key', k);
    const values = this.#cached(layer, 'value', split(this.#linear(`v_${layer}`, x, width, headWidth), 1));
    const scores = b.node('MatMul', [q, b.node('Transpose', [keys], { perm: [0, 1, 3, 2] })]);
    const scaled = b.node('Mul', [scores, this.#number('scale', headWidth ** -0.5)]);
    const masked = b.node('Where', [allowed, scaled, this.#number('never', -6e4)]);
    const mixed = b.node('MatMul', [b.node('Softmax', [masked], { axis: -1 }), values]);
    const together = b.node('Reshape', [
      b.node('Transpose', [mixed], { perm: [0, 2, 1, 3] }),
      b.constantI64('joined', [0, 0, width]),
    ]);
    return this.#linear(`o_${layer}`, together, width, width);
  }

  /** What came before, then this; an encoder has nothing before. */
  #cached(layer: number, what: 'key' | 'value', now: string): string {
    if (this.#options.kind === 'encoder') return now;
    const b = this.#builder;
    const shape = ['batch_size', 1, 'past_sequence_length', headWidth];
    const past = b.input(`past_key_values.${layer}.${what}`, shape, this.#dtype);
    const all = b.node('Concat', [past, now], { axis: 2 });
    b.output(
      all,
      `present.${layer}.${what}`,
      ['batch_size', 1, 'total_sequence_length', headWidth],
      this.#dtype,
    );
    return all;
  }

  #feedForward(layer: number, x: string): string {
    const b = this.#builder;
    const gate = this.#linear(`gate_${layer}`, x, width, inner);
    const opened = b.node('Mul', [gate, b.node('Sigmoid', [gate])]);
    return this.#linear(
      `down_${layer}`,
      b.node('Mul', [opened, this.#linear(`up_${layer}`, x, width, inner)]),
      inner,
      width,
    );
  }

  /** Cosines and sines (batch, 1, sequence, half a head). */
  #angles(positions: string): readonly [string, string] {
    const { context } = this.#options;
    const b = this.#builder;
    const half = headWidth / 2;
    const table = (f: (x: number) => number) =>
      Float32Array.from({ length: context * half }, (_, i) =>
        f(Math.floor(i / half) * 100 ** (-(i % half) / half)),
      );
    const of = (name: string, f: (x: number) => number) => {
      const rows = b.node('Gather', [this.#weights(name, [context, half], table(f)), positions]);
      return b.node('Unsqueeze', [rows, b.constantI64('second', [1])]);
    };
    return [of('cosines', Math.cos), of('sines', Math.sin)];
  }

  #rotated(x: string, [cosine, sine]: readonly [string, string]): string {
    const b = this.#builder;
    const [left = '', right = ''] = b.nodes('Split', [x], 2, { axis: -1 });
    const times = (y: string, z: string) => b.node('Mul', [y, z]);
    const first = b.node('Sub', [times(left, cosine), times(right, sine)]);
    const second = b.node('Add', [times(right, cosine), times(left, sine)]);
    return b.node('Concat', [first, second], { axis: -1 });
  }

  /** Which keys each query may look at, (batch, 1, sequence or 1, all keys). */
  #allowed(mask: string, positions: string | null): string {
    const b = this.#builder;
    const there = b.node('Unsqueeze', [
      b.node('Greater', [mask, this.#whole('zero', 0)]),
      b.constantI64('middle', [1, 2]),
    ]);
    if (positions === null) return there;
    const length = b.node('Gather', [b.node('Shape', [mask]), this.#whole('one', 1)]);
    const keys = b.node('Range', [this.#whole('zero', 0), length, this.#whole('one', 1)]);
    const queries = b.node('Unsqueeze', [positions, b.constantI64('outer', [1, 3])]);
    return b.node('And', [there, b.node('LessOrEqual', [keys, queries])]);
  }

  /** A branch that changes nothing, so that the input is there to be fed. */
  #reading(x: string, flag: string): string {
    const b = this.#builder;
    const code = this.#dtype === 'float16' ? 10 : 1;
    return b.node('Add', [
      x,
      b.node('Mul', [b.node('Cast', [flag], { to: code }), this.#number('nothing', 0)]),
    ]);
  }

  /** The last so many positions; 0 keeps all. */
  #last(x: string, keep: string): string {
    const b = this.#builder;
    const from = b.node('Unsqueeze', [b.node('Neg', [keep]), b.constantI64('first', [0])]);
    return b.node('Slice', [x, from, b.constantI64('end', [2 ** 31 - 1]), b.constantI64('second', [1])]);
  }

  /** Drawn from a pool, since a table of 151,936 words would take seconds. */
  #normals(count: number, deviation: number): Float32Array<ArrayBuffer> {
    const pool = Math.min(count, 8_191);
    const drawn = Array.from({ length: pool }, () => {
      const radius = Math.sqrt(-2 * Math.log(1 - this.#random.unit()));
      return deviation * radius * Math.cos(2 * Math.PI * this.#random.unit());
    });
    const values = new Float32Array(count);
    for (let i = 0; i < count; i++) values[i] = drawn[(i + 31 * Math.floor(i / pool)) % pool] ?? 0;
    return values;
  }

  #weights(name: string, shape: readonly number[], values: Float32Array<ArrayBuffer>): string {
    const data = this.#dtype === 'float16' ? toHalves(values) : values;
    return this.#builder.initialiser(name, shape, data);
  }

  #number(name: string, value: number): string {
    return this.#weights(name, [], Float32Array.of(value));
  }

  #whole(name: string, value: number): string {
    return this.#builder.initialiser(name, [], BigInt64Array.of(BigInt(value)));
  }

  #byte(name: string, value: number): string {
    return this.#builder.initialiser(name, [], Uint8Array.of(value));
  }
}
