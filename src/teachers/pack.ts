/**
 * Logit packs: a teacher's answers over fixed samples, computed once. Logits are float16, keyed by the teacher's
 * hash, the task and the data seed; rows are found by the sample's index in its stream, so one pack serves every
 * subset of its samples. It holds no hidden states and no inputs.
 */
import * as v from 'valibot';
import { StillroomError } from '../spec/errors.ts';
import { fromHalves, toHalves } from '../tensor/float16.ts';

const magic = 0x4b50_5253;
const whole = v.pipe(v.number(), v.integer(), v.minValue(0));

const headerSchema = v.strictObject({
  version: v.literal(1),
  /** SHA-256 of the teacher's file. */
  teacher: v.string(),
  /** Id of the task, with everything that changes its samples: `glyphs-16`. */
  task: v.string(),
  dataSeed: whole,
  classes: v.pipe(whole, v.minValue(2)),
  /** In the order of the data: samples 0…rows−1 of each part. */
  parts: v.array(v.strictObject({ name: v.string(), rows: whole })),
});

export type PackHeader = v.InferOutput<typeof headerSchema>;

export interface LogitPack {
  readonly header: PackHeader;
  /** (rows, classes) of each part. */
  readonly parts: ReadonlyMap<string, Float32Array<ArrayBuffer>>;
}

/** Layout: magic, length of the header in bytes (both u32, little-endian), the header as JSON, then halves. */
export function encodePack(
  header: PackHeader,
  parts: ReadonlyMap<string, Float32Array>,
): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(json.length / 4) * 4;
  const halves = header.parts.map(({ name, rows }) => {
    const logits = parts.get(name);
    if (logits?.length !== rows * header.classes) throw new RangeError(`part ${name} is not ${rows} rows`);
    return toHalves(logits);
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
    bytes.set(new Uint8Array(part.buffer), at);
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
  const parts = new Map<string, Float32Array<ArrayBuffer>>();
  let at = 8 + headerBytes;
  for (const { name, rows } of header.parts) {
    const length = rows * header.classes;
    if (at + 2 * length > copy.length) throw invalid(`only ${copy.length} bytes`);
    parts.set(name, fromHalves(new Uint16Array(copy.slice(at, at + 2 * length).buffer)));
    at += 2 * length;
  }
  if (at !== copy.length) throw invalid(`${copy.length - at} bytes too many`);
  return { header, parts };
}

/** Logits of chosen samples of a part, or null where the pack does not hold them all. */
export function lookUp(
  pack: LogitPack,
  part: string,
  samples: Uint32Array,
): Float32Array<ArrayBuffer> | null {
  const logits = pack.parts.get(part);
  const { classes } = pack.header;
  if (logits === undefined) return null;
  const found = new Float32Array(samples.length * classes);
  for (let row = 0; row < samples.length; row++) {
    const from = (samples[row] ?? 0) * classes;
    if (from + classes > logits.length) return null;
    found.set(logits.subarray(from, from + classes), row * classes);
  }
  return found;
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
