/**
 * A model as an ONNX graph, in plain data, and a small builder that names values. It writes no file (sharing/onnxFile
 * does) and checks no operator: the runtime that loads the file does.
 */

export type OnnxTensorType = 'float32' | 'float16' | 'int64' | 'int32' | 'uint8' | 'bool';

/** Little-endian as the host keeps it. float16 travels as its bits in a Uint16Array, bool as 0 and 1 in a Uint8Array. */
export type OnnxData = Float32Array | BigInt64Array | Int32Array | Uint16Array | Uint8Array;

/**
 * A plain number, or a list of them, is an integer attribute; real numbers are marked, because ONNX tells 1 from 1.0.
 * `graph` is the body of a Loop or a branch.
 */
export type OnnxAttribute =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly graph: OnnxGraph };

export type OnnxAttributes = Readonly<Record<string, OnnxAttribute>>;

export interface OnnxNode {
  readonly op: string;
  /** The operator set, where it is not ONNX's own: `com.microsoft`. */
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: OnnxAttributes;
}

export interface OnnxInitialiser {
  readonly name: string;
  readonly dtype: OnnxTensorType;
  /** Empty for a scalar. */
  readonly shape: readonly number[];
  readonly data: OnnxData;
}

export interface OnnxValue {
  readonly name: string;
  readonly dtype: OnnxTensorType;
  /** Numbers, or names of free dimensions: `['N', 784]`. */
  readonly shape: readonly (number | string)[];
}

export interface OnnxGraph {
  readonly name: string;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly nodes: readonly OnnxNode[];
  readonly initialisers: readonly OnnxInitialiser[];
  /** Key and value pairs that travel in the file. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Collects nodes in the order in which they compute; every method that makes a value returns its name. */
export class OnnxBuilder {
  readonly #name: string;
  readonly #inputs: OnnxValue[] = [];
  readonly #outputs: OnnxValue[] = [];
  readonly #nodes: OnnxNode[] = [];
  readonly #initialisers = new Map<string, OnnxInitialiser>();
  readonly #metadata = new Map<string, string>();
  readonly #names = new Set<string>();

  constructor(name: string) {
    this.#name = name;
  }

  input(name: string, shape: readonly (number | string)[], dtype: OnnxTensorType = 'float32'): string {
    const taken = this.#claim(name);
    this.#inputs.push({ name: taken, dtype, shape });
    return taken;
  }

  /** Declares a value as an output, under this name. */
  output(
    value: string,
    name: string,
    shape: readonly (number | string)[],
    dtype: OnnxTensorType = 'float32',
  ): void {
    if (value !== name)
      this.#nodes.push({ op: 'Identity', inputs: [value], outputs: [this.#claim(name)], attributes: {} });
    this.#outputs.push({ name, dtype, shape });
  }

  /** Appends a node with one output and returns that output's name. An empty input name leaves an optional input out. */
  node(op: string, inputs: readonly string[], attributes: OnnxAttributes = {}, domain = ''): string {
    const output = this.#claim(`${op.toLowerCase()}_${this.#nodes.length}`);
    const foreign = domain === '' ? {} : { domain };
    this.#nodes.push({ op, inputs, outputs: [output], attributes, ...foreign });
    return output;
  }

  /** As `node`, for operators with several outputs; their names are returned in order. */
  nodes(
    op: string,
    inputs: readonly string[],
    outputs: number,
    attributes: OnnxAttributes = {},
  ): readonly string[] {
    const stem = `${op.toLowerCase()}_${this.#nodes.length}`;
    const names = Array.from({ length: outputs }, (_, i) => this.#claim(`${stem}_${i}`));
    this.#nodes.push({ op, inputs, outputs: names, attributes });
    return names;
  }

  /**
   * Adds a constant tensor and returns its name, which is the given one unless another value has it. The same constant
   * under the same name is added once. Errors: RangeError where the data do not fill the shape.
   */
  initialiser(name: string, shape: readonly number[], data: OnnxData, dtype = dtypeOf(data)): string {
    const wanted = shape.reduce((product, n) => product * n, 1);
    if (data.length !== wanted)
      throw new RangeError(`${name} has ${data.length} numbers, and its shape [${shape}] holds ${wanted}`);
    const known = this.#initialisers.get(name);
    if (known !== undefined && isSame(known, shape, data, dtype)) return name;
    const taken = this.#claim(name);
    this.#initialisers.set(taken, { name: taken, dtype, shape, data });
    return taken;
  }

  /** A list of whole numbers, as operators such as Reshape want them. */
  constantI64(name: string, values: readonly number[]): string {
    return this.initialiser(name, [values.length], BigInt64Array.from(values, BigInt));
  }

  metadata(key: string, value: string): void {
    this.#metadata.set(key, value);
  }

  build(): OnnxGraph {
    return {
      name: this.#name,
      inputs: [...this.#inputs],
      outputs: [...this.#outputs],
      nodes: [...this.#nodes],
      initialisers: [...this.#initialisers.values()],
      metadata: Object.fromEntries(this.#metadata),
    };
  }

  /** The name itself, or with a number behind it where it is taken: names are global in a graph. */
  #claim(name: string): string {
    let taken = name;
    for (let i = 1; this.#names.has(taken); i++) taken = `${name}_${i}`;
    this.#names.add(taken);
    return taken;
  }
}

function dtypeOf(data: OnnxData): OnnxTensorType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof BigInt64Array) return 'int64';
  if (data instanceof Int32Array) return 'int32';
  if (data instanceof Uint16Array) return 'float16';
  return 'uint8';
}

function isSame(
  known: OnnxInitialiser,
  shape: readonly number[],
  data: OnnxData,
  dtype: OnnxTensorType,
): boolean {
  if (known.dtype !== dtype || known.data.length !== data.length) return false;
  if (known.shape.length !== shape.length || known.shape.some((n, i) => n !== shape[i])) return false;
  return known.data.every((value, i) => Object.is(value, data[i]));
}
