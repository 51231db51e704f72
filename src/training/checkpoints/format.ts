/**
 * A checkpoint as bytes: what a run has become, so that it goes on exactly after a reload. Magic, CRC-32 of all that
 * follows, length of the header (u32 each, little-endian), the header as JSON, then the arrays. No storage here.
 */
import * as v from 'valibot';
import { parseRunSpec, type RunSpec } from '../../spec/runSpec.ts';
import type { TrainerState } from '../trainer.ts';

export interface Checkpoint {
  readonly spec: RunSpec;
  /** Of the data that the run was trained on. */
  readonly fingerprint: string;
  readonly state: TrainerState;
}

const magic = 0x504b_5253;
const prefix = 12;
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const headerSchema = v.strictObject({
  version: v.literal(1),
  spec: v.unknown(),
  fingerprint: v.string(),
  step: count,
  events: v.array(v.strictObject({ step: count, path: v.string(), value: v.pipe(v.number(), v.finite()) })),
  /** Of each arm: names and lengths, in the order of the arrays. */
  arms: v.array(v.array(v.tuple([v.string(), count]))),
});

export function encodeCheckpoint({ spec, fingerprint, state }: Checkpoint): Uint8Array<ArrayBuffer> {
  const arms = state.arms.map((arm) =>
    [...arm].map(([name, numbers]) => [name, numbers.length] as [string, number]),
  );
  const header = {
    version: 1 as const,
    spec,
    fingerprint,
    step: state.step,
    events: [...state.events],
    arms,
  };
  const json = new TextEncoder().encode(JSON.stringify(header));
  const padded = Math.ceil(json.length / 4) * 4;
  const arrays = state.arms.flatMap((arm) => [...arm.values()]);
  const total = arrays.reduce((sum, numbers) => sum + numbers.byteLength, prefix + padded);
  const bytes = new Uint8Array(total).fill(0x20, prefix, prefix + padded);
  bytes.set(json, prefix);
  let at = prefix + padded;
  for (const numbers of arrays) {
    bytes.set(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength), at);
    at += numbers.byteLength;
  }
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic, true);
  view.setUint32(8, padded, true);
  view.setUint32(4, crc32(bytes.subarray(8)), true);
  return bytes;
}

/** The checkpoint, or null where the bytes are not a whole one: an older slot is then asked. */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint | null {
  if (bytes.length < prefix) return null;
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  if (view.getUint32(0, true) !== magic || view.getUint32(4, true) !== crc32(copy.subarray(8))) return null;
  const padded = view.getUint32(8, true);
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(copy.subarray(prefix, prefix + padded)));
    const header = v.parse(headerSchema, json);
    let at = prefix + padded;
    const arms = header.arms.map((arm) => {
      const numbers = arm.map(([name, length]): [string, Float32Array<ArrayBuffer>] => {
        at += 4 * length;
        return [name, new Float32Array(copy.slice(at - 4 * length, at).buffer)];
      });
      return new Map(numbers);
    });
    const { fingerprint, step, events } = header;
    return { spec: parseRunSpec(header.spec), fingerprint, state: { step, events, arms } };
  } catch {
    // A checkpoint of another version of the app has a right sum and a header that this one does not know.
    return null;
  }
}

const table = Uint32Array.from({ length: 256 }, (_, i) => {
  let bits = i;
  for (let k = 0; k < 8; k++) bits = bits & 1 ? 0xedb8_8320 ^ (bits >>> 1) : bits >>> 1;
  return bits;
});

/** CRC-32 of IEEE 802.3. */
export function crc32(bytes: Uint8Array): number {
  let sum = 0xffff_ffff;
  for (const byte of bytes) sum = (table[(sum ^ byte) & 0xff] ?? 0) ^ (sum >>> 8);
  return (sum ^ 0xffff_ffff) >>> 0;
}
