/**
 * Looks at a user's model before it is run: what it wants, what it offers, and what is wrong with it, in words. It runs
 * nothing; a session (wasmSession.ts, gpuSession.ts) finds out the rest.
 */
import type { GivenFile } from '../../protocol/commands.ts';
import type { OfferedTensor, TeacherInspection } from '../../protocol/events.ts';
import { type ErrorDetail, StillroomError } from '../../spec/errors.ts';
import { sha256Of } from '../card.ts';
import {
  encoder,
  fileNamed,
  languageConfig,
  otherVocabulary,
  tokenizerName,
  tokenizerWords,
} from '../language.ts';
import {
  type LogitsCandidate,
  logitsCandidates,
  openInputs,
  tapCandidates,
  tokenLogits,
  tokenTaps,
} from './candidates.ts';
import { type ModelFile, type ModelGraph, type ModelNode, type ModelValue, readModel } from './modelFile.ts';
import { tokenInputs } from './tokens.ts';
import { allTensors, checkTensors, countParameters } from './weights.ts';

export interface OnnxInspection extends TeacherInspection {
  /** The one input that takes the samples. */
  readonly input: OfferedTensor;
  /** Samples a run must have; null where any number will do. */
  readonly fixedBatch: number | null;
  readonly opset: number;
  /** Files beside the model that it asks for and that were not given. */
  readonly missing: readonly string[];
  /** Worth saying, and no reason to refuse. */
  readonly warnings: readonly ErrorDetail[];
}

/** A file beside the model under the name by which the model asks for it. */
export interface ExternalFile {
  readonly path: string;
  readonly data: Uint8Array<ArrayBuffer>;
}

/** Model and external files together: what a tab can hold twice. */
export const largestModel = 2 ** 30;

const knownDomains: ReadonlySet<string> = new Set([
  '',
  'ai.onnx.ml',
  'com.microsoft',
  'com.microsoft.nchwc',
  'pkg.onnxscript.torch_lib',
  'pkg.onnxscript.torch_lib.common',
]);
const loops: ReadonlySet<string> = new Set(['Loop', 'Scan']);

/**
 * Errors: `onnx-not-a-model`, `onnx-too-large`, `onnx-inputs`, `onnx-no-float-output`, `onnx-damaged`,
 * `onnx-nan-weights`; `lm-*` for a model of tokens. A missing file is no error here: it is listed.
 */
export async function inspectTeacher(
  model: Uint8Array<ArrayBuffer>,
  given: readonly GivenFile[] = [],
): Promise<OnnxInspection> {
  checkTogetherSize(model, given);
  const file = readModel(model);
  const { graph } = file;
  const tokens = tokenInputs(openInputs(graph));
  const input = tokens === null ? sampleInput(graph) : modelInput(graph, tokens.ids.name);
  const logits = tokens === null ? logitsCandidates(graph) : tokenLogits(graph);
  if (logits.length === 0) throw tokens === null ? noLogits(graph) : encoder(outputsOf(graph));
  const external = matchExternal(graph, given);
  checkTensors(graph, (location) => external.found.get(location)?.bytes ?? null);
  const [batch] = input.shape ?? [];
  const used = [...external.found.values()];
  return {
    sha256: await hashTeacher(model, used),
    bytes: used.reduce((sum, { bytes }) => sum + bytes.length, model.length),
    parameters: countParameters(graph),
    inputs: openInputs(graph).map(offered),
    outputs: graph.outputs.map(offered),
    logits,
    taps: tapsBeside(
      tokens === null ? tapCandidates(graph, input.name) : tokenTaps(graph, input.name),
      logits,
    ),
    language: tokens === null ? null : languageOf(graph, logits, given),
    input: offered(input),
    fixedBatch: typeof batch === 'number' && batch > 0 ? batch : null,
    opset: file.opsets.get('') ?? 0,
    missing: [...external.missing, ...(tokens !== null && !hasTokenizer(given) ? [tokenizerName] : [])],
    warnings: warningsOf(file),
  };
}

/** The same of a file, by whose name an error begins: several may have been given. Errors: those of `inspectTeacher`. */
export function inspectFile(model: GivenFile, external: readonly GivenFile[]): Promise<OnnxInspection> {
  return ofFile(model, () => inspectTeacher(model.bytes, external));
}

/** Whether a file is a model that reads tokens. Errors: `onnx-not-a-model`, those of `tokenInputs`. */
export function fileReadsTokens(model: GivenFile): Promise<boolean> {
  return ofFile(model, () => Promise.resolve(model.bytes).then(readsTokens));
}

async function ofFile<T>({ name }: GivenFile, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StillroomError)) throw error;
    const { problem } = error.detail;
    const begun = `${problem.charAt(0).toLowerCase()}${problem.slice(1)}`;
    throw new StillroomError({ ...error.detail, problem: `${name}: ${begun}` }, { cause: error });
  }
}

/** Whether the model reads tokens. Errors: `onnx-not-a-model`, those of `tokenInputs`. */
function readsTokens(model: Uint8Array<ArrayBuffer>): boolean {
  return tokenInputs(openInputs(readModel(model).graph)) !== null;
}

/** The files that the model names, as the runtime wants them. Errors: `onnx-external-missing`. */
export function externalFiles(
  model: Uint8Array<ArrayBuffer>,
  given: readonly GivenFile[],
): readonly ExternalFile[] {
  const { found, missing } = matchExternal(readModel(model).graph, given);
  if (missing.length > 0) {
    throw new StillroomError({
      code: 'onnx-external-missing',
      problem: 'A part of this model lies in another file',
      got: given.length === 0 ? 'the model alone' : given.map(({ name }) => name).join(', '),
      wanted: missing.join(', '),
      remedy: 'Drop that file together with the model',
      control: 'teacher.file',
    });
  }
  return Array.from(found, ([path, { bytes }]) => ({ path, data: bytes }));
}

/**
 * SHA-256 of the model file. With external files: of what `sha256sum model.onnx …` prints for all of them, the model
 * first under that name, the others in order of theirs.
 */
export async function hashTeacher(
  model: Uint8Array<ArrayBuffer>,
  external: readonly GivenFile[],
): Promise<string> {
  const own = await sha256Of(model);
  if (external.length === 0) return own;
  const files = external.map(({ name, bytes }) => ({ name: baseName(name), bytes }));
  files.sort((a, b) => (a.name < b.name ? -1 : 1));
  const lines = await Promise.all(
    files.map(async ({ name, bytes }) => `${await sha256Of(bytes)}  ${name}\n`),
  );
  return sha256Of(new TextEncoder().encode([`${own}  model.onnx\n`, ...lines].join('')));
}

function matchExternal(
  graph: ModelGraph,
  given: readonly GivenFile[],
): { readonly found: ReadonlyMap<string, GivenFile>; readonly missing: readonly string[] } {
  const locations = new Set<string>();
  for (const { external } of allTensors(graph)) if (external !== null) locations.add(external.location);
  const found = new Map<string, GivenFile>();
  for (const location of locations) {
    const file = given.find(({ name }) => baseName(name) === baseName(location));
    // A file that was renamed on its way is still the one, where there is only one of each.
    const others = given.filter(({ name }) => !/\.(jsonl?|txt|md|csv|tsv)$/.test(name));
    const only = locations.size === 1 && others.length === 1 ? others[0] : undefined;
    const chosen = file ?? only;
    if (chosen !== undefined) found.set(location, chosen);
  }
  return { found, missing: [...locations].filter((location) => !found.has(location)).map(baseName) };
}

function baseName(path: string): string {
  return path.split(/[/\\]/).at(-1) ?? path;
}

function checkTogetherSize(model: Uint8Array, given: readonly GivenFile[]): void {
  const size = given.reduce((sum, { bytes }) => sum + bytes.length, model.length);
  if (size <= largestModel) return;
  throw new StillroomError({
    code: 'onnx-too-large',
    problem: 'This model is too large for a tab',
    got: `${(size / 2 ** 30).toFixed(2)} GiB`,
    wanted: `at most ${largestModel / 2 ** 30} GiB`,
    remedy: 'Choose a smaller or a quantised model',
    control: 'teacher.file',
  });
}

function sampleInput(graph: ModelGraph): ModelValue {
  const inputs = openInputs(graph);
  const [only] = inputs;
  if (inputs.length === 1 && only?.dtype === 'float32') return only;
  throw new StillroomError({
    code: 'onnx-inputs',
    problem: 'This model does not take one batch of samples',
    got: inputs.map(({ name, dtype }) => `${name} (${dtype})`).join(', ') || 'no input',
    wanted: 'one float32 input',
    remedy:
      inputs.length === 1
        ? 'Export the model with a float32 input'
        : 'Export the model with its other inputs fixed',
    control: 'teacher.input',
  });
}

function modelInput(graph: ModelGraph, name: string): ModelValue {
  return graph.inputs.find((input) => input.name === name) ?? { name, dtype: 'unknown', shape: null };
}

function hasTokenizer(given: readonly GivenFile[]): boolean {
  return fileNamed(given, tokenizerName) !== null;
}

/** Errors: `lm-vocabulary` where tokenizer or configuration know more words than there are logits, those of the two. */
function languageOf(
  graph: ModelGraph,
  logits: readonly LogitsCandidate[],
  given: readonly GivenFile[],
): TeacherInspection['language'] {
  const config = languageConfig(given);
  const output = graph.outputs.find(({ name }) => name === logits[0]?.name);
  const width = output?.shape?.[2];
  const vocabulary = typeof width === 'number' ? width : (config?.vocabulary ?? null);
  const words = tokenizerWords(given);
  for (const known of [words, config?.vocabulary ?? null]) {
    if (known !== null && vocabulary !== null && known > vocabulary) throw otherVocabulary(known, vocabulary);
  }
  return { vocabulary, words, context: config?.context ?? null, architecture: config?.architecture ?? null };
}

function outputsOf(graph: ModelGraph): string {
  return graph.outputs
    .map(({ name, dtype, shape }) => `${name}: ${dtype} [${shape?.join(', ') ?? '?'}]`)
    .join('; ');
}

function noLogits(graph: ModelGraph): StillroomError {
  return new StillroomError({
    code: 'onnx-no-float-output',
    problem: 'No output of this model can serve as logits',
    got: outputsOf(graph),
    wanted: 'a float output of the shape [samples, classes]',
    remedy: 'Export the model with its logits as an output',
    control: 'teacher.logits',
  });
}

function tapsBeside(
  taps: readonly ModelValue[],
  logits: readonly LogitsCandidate[],
): readonly OfferedTensor[] {
  const taken = new Set(logits.map(({ name }) => name));
  return taps.filter(({ name }) => !taken.has(name)).map(offered);
}

function offered({ name, dtype, shape }: ModelValue): OfferedTensor {
  return { name, dtype, shape: shape ?? [] };
}

function warningsOf({ graph, opsets, functions }: ModelFile): readonly ErrorDetail[] {
  const warnings: ErrorDetail[] = [];
  const loop = findLoop(graph);
  if (loop !== undefined) {
    warnings.push({
      code: 'onnx-loop',
      problem: 'This model has a loop, which may run for long',
      got: loop.op,
      remedy: 'It is run on the CPU, where it can be stopped at its deadline',
    });
  }
  const foreign = functions > 0 ? [] : [...opsets.keys()].filter((domain) => !knownDomains.has(domain));
  if (foreign.length > 0) {
    warnings.push({
      code: 'onnx-domain',
      problem: 'This model may use operators that the runtime does not know',
      got: foreign.join(', '),
      remedy: 'Export it with standard operators if it does not load',
    });
  }
  return warnings;
}

function findLoop(graph: ModelGraph): ModelNode | undefined {
  for (const node of graph.nodes) {
    if (loops.has(node.op)) return node;
    const inside = node.bodies.map(findLoop).find((found) => found !== undefined);
    if (inside !== undefined) return inside;
  }
  return undefined;
}
