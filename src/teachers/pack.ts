/**
 * Logit packs: a teacher's answers over fixed samples, computed once. Logits are float16, keyed by the teacher's
 * hash, the task and the data seed; rows are found by the sample's index in its stream, so one pack serves every
 * subset of its samples. It holds no hidden states and no inputs.
 */
import * as v from 'valibot';
import { StillroomError } from '../spec/errors.ts';
import { fromHalves, toHalves } from '../tensor/float16.ts';
import { type AnswerRows, decodeTop, encodeTop, largestOf, samplesOf, topRowBytes } from './topAnswers.ts';

const magic = 0x4b50_5253;
const whole = v.pipe(v.number(), v.integer(), v.minValue(0));

const common = {
  /** SHA-256 of the teacher's file. */
  teacher: v.string(),
  /** Id of the task, with everything that changes its samples: `glyphs-16`. */
  task: v.string(),
  dataSeed: whole,
  classes: v.pipe(whole, v.minValue(2)),
  /** In the order of the data: samples 0…rows−1 of each part; of texts, all positions of each sample. */
  parts: v.array(v.strictObject({ name: v.string(), rows: whole })),
};
const headerSchema = v.variant('version', [
  v.strictObject({ version: v.literal(1), ...common }),
  /** Of texts: the largest `top` logits of each position (topAnswers.ts). */
  v.strictObject({
    version: v.literal(2),
    positions: v.pipe(whole, v.minValue(2)),
    top: v.pipe(whole, v.minValue(1)),
    ...common,
  }),
]);

export type PackHeader = v.InferOutput<typeof headerSchema>;

export interface LogitPack {
  readonly header: PackHeader;
  /** (rows, classes) of each part, or the largest of them. */
  readonly parts: ReadonlyMap<string, AnswerRows>;
}

/** Layout: magic, length of the header in bytes (both u32, little-endian), the header as JSON, then the parts: halves, or cut answers. */
export function encodePack(
  header: PackHeader,
  parts: ReadonlyMap<string, Float32Array<ArrayBuffer>>,
): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(json.length / 4) * 4;
  const halves = header.parts.map(({ name, rows }) => {
    const logits = parts.get(name);
    if (logits?.length !== rows * header.classes) throw new RangeError(`part ${name} is not ${rows} rows`);
    if (header.version === 2) return encodeTop(largestOf(logits, header.classes, header.top));
    return new Uint8Array(toHalves(logits).buffer);
  });
  const bytes = new Uint8Array(8 + headerBytes + halves.reduce((sum, part) => sum + part.byteLength, 0)).fill(
    0x20,
    8,
    8 + headerBytes,
  );
  new Uint32Array(bytes.buffer, 0, 2).set([magic, headerBytes]);
  bytes.set(json, 8);
  let at = 8 + headerBytes;
  for (const part of halves) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

/** Errors: `pack-invalid`. */
export function decodePack(bytes: Uint8Array): LogitPack {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  if (copy.length < 8 || view.getUint32(0, true) !== magic) throw invalid('no pack of logits');
  const headerBytes = view.getUint32(4, true);
  if (headerBytes > 65_536 || 8 + headerBytes > copy.length) throw invalid('a header that does not end');
  const header = parseHeader(new TextDecoder().decode(copy.subarray(8, 8 + headerBytes)));
  const parts = new Map<string, AnswerRows>();
  let at = 8 + headerBytes;
  for (const { name, rows } of header.parts) {
    const length = partBytes(header, rows);
    if (at + length > copy.length) throw invalid(`only ${copy.length} bytes`);
    const part = copy.slice(at, at + length);
    parts.set(
      name,
      header.version === 2 ? topPart(part, rows, header) : fromHalves(new Uint16Array(part.buffer)),
    );
    at += length;
  }
  if (at !== copy.length) throw invalid(`${copy.length - at} bytes too many`);
  return { header, parts };
}

/** Answers over chosen samples of a part, or null where the pack does not hold them all. */
export function lookUp({ parts, header }: LogitPack, part: string, samples: Uint32Array): AnswerRows | null {
  const answers = parts.get(part);
  if (answers === undefined) return null;
  return samplesOf(answers, header.classes, header.version === 2 ? header.positions : 1, samples);
}

function topPart(bytes: Uint8Array, rows: number, header: Extract<PackHeader, { version: 2 }>): AnswerRows {
  try {
    return decodeTop(bytes, rows, header.classes, header.top);
  } catch (error) {
    throw invalid(error instanceof RangeError ? error.message : 'cut answers');
  }
}

function partBytes(header: PackHeader, rows: number): number {
  return rows * (header.version === 2 ? topRowBytes(header.classes, header.top) : 2 * header.classes);
}

function parseHeader(text: string): PackHeader {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw invalid('a header that is no JSON');
  }
  const result = v.safeParse(headerSchema, json);
  if (!result.success) throw invalid(result.issues[0].message);
  return result.output;
}

function invalid(got: string): StillroomError {
  return new StillroomError({
    code: 'pack-invalid',
    problem: "The pack of the teacher's answers cannot be read",
    got,
    remedy: 'Reload the page, or use the live teacher',
  });
}
