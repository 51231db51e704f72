/**
 * A checkpoint as bytes: what a run has become, so that it goes on exactly after a reload. A sealed file (sealed.ts) whose
 * header names the run and the arrays. No storage here.
 */
import * as v from 'valibot';
import { parseRunSpec, type RunSpec } from '../../spec/runSpec.ts';
import type { TrainerState } from '../trainer.ts';
import { headerEnd, prefix, readHeader, seal, unseal } from './sealed.ts';

export interface Checkpoint {
  readonly spec: RunSpec;
  /** Of the data that the run was trained on. */
  readonly fingerprint: string;
  readonly state: TrainerState;
}

/** What stands at the beginning of a checkpoint, read without its arrays. */
export interface CheckpointHead {
  readonly spec: unknown;
  readonly fingerprint: string;
  readonly step: number;
  /** Milliseconds since 1970; 0 where an earlier version wrote it. */
  readonly savedAt: number;
  /** Of the whole file. */
  readonly bytes: number;
}

const magic = 0x504b_5253;
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const headerSchema = v.strictObject({
  version: v.literal(1),
  spec: v.unknown(),
  fingerprint: v.string(),
  step: count,
  savedAt: v.optional(count, 0),
  events: v.array(v.strictObject({ step: count, path: v.string(), value: v.pipe(v.number(), v.finite()) })),
  /** Of each arm: names and lengths, in the order of the arrays. */
  arms: v.array(v.array(v.tuple([v.string(), count]))),
});

export function encodeCheckpoint(
  { spec, fingerprint, state }: Checkpoint,
  savedAt = 0,
): Uint8Array<ArrayBuffer> {
  const arms = state.arms.map((arm) =>
    [...arm].map(([name, numbers]) => [name, numbers.length] as [string, number]),
  );
  const header = {
    version: 1 as const,
    spec,
    fingerprint,
    step: state.step,
    savedAt,
    events: [...state.events],
    arms,
  };
  return seal(
    magic,
    header,
    state.arms.flatMap((arm) => [...arm.values()]),
  );
}

/** The checkpoint, or null where the bytes are not a whole one: an older slot is then asked. */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint | null {
  const opened = unseal(magic, bytes);
  if (opened === null) return null;
  try {
    const { spec, fingerprint, step, events, arms } = v.parse(headerSchema, opened.header);
    const numbers = arms.map((arm) => new Map(arm.map(([name, length]) => [name, opened.take(length)])));
    return { spec: parseRunSpec(spec), fingerprint, state: { step, events, arms: numbers } };
  } catch {
    // A checkpoint of another version of the app has a right sum and a header that this one does not know.
    return null;
  }
}

/** The head, by a reader of a file's first bytes; null where there is none. Whether the rest is whole is not known. */
export async function readHead(
  read: (most: number) => Promise<Uint8Array | null>,
): Promise<CheckpointHead | null> {
  const end = headerEnd(magic, (await read(prefix)) ?? new Uint8Array());
  if (end === null) return null;
  const header = v.safeParse(headerSchema, readHeader((await read(end)) ?? new Uint8Array()));
  if (!header.success) return null;
  const { spec, fingerprint, step, savedAt, arms } = header.output;
  const numbers = arms.flat().reduce((sum, [, length]) => sum + length, 0);
  return { spec, fingerprint, step, savedAt, bytes: end + 4 * numbers };
}
