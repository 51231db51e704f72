/** A built-in teacher's card: what it is, how it was made, and the hash that its file must have. */
import * as v from 'valibot';
import { StillroomError } from '../spec/errors.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

const fileSchema = v.strictObject({ path: v.pipe(v.string(), v.regex(/^[\w.-]+$/)), bytes: count, sha256 });

export const cardSchema = v.strictObject({
  id: v.string(),
  title: v.string(),
  /** Of the task whose samples it was trained on: `glyphs-16`. */
  task: v.string(),
  architecture: v.string(),
  parameters: count,
  trainedOn: count,
  heldOut: v.strictObject({ rows: count, accuracy: v.number() }),
  /** Of a model of language: nats a token on the held-out texts, and the true entropy of their source there. */
  language: v.optional(v.strictObject({ loss: v.number(), floor: v.nullable(v.number()) })),
  /** Standard deviation of its held-out logits, over rows and classes. */
  logitDeviation: v.number(),
  /** exp(mean entropy) of its held-out answers at temperature T. */
  softness: v.array(v.strictObject({ temperature: v.number(), classes: v.number() })),
  input: v.string(),
  logits: v.string(),
  seed: count,
  command: v.string(),
  model: fileSchema,
  pack: fileSchema,
  /** Texts that it wrote, a byte a token (training/writtenTexts.ts). */
  written: v.optional(fileSchema),
});

export type TeacherCard = v.InferOutput<typeof cardSchema>;

/** Errors: `card-invalid`. */
export function parseCard(input: unknown): TeacherCard {
  const result = v.safeParse(cardSchema, input);
  if (result.success) return result.output;
  throw new StillroomError({
    code: 'card-invalid',
    problem: "A teacher's card cannot be read",
    got: result.issues[0].message,
    remedy: 'Reload the page',
  });
}

/** SHA-256 in hex. */
export async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Errors: `asset-altered`. */
export async function checkHash(path: string, bytes: Uint8Array<ArrayBuffer>, wanted: string): Promise<void> {
  const got = await sha256Of(bytes);
  if (got === wanted) return;
  throw new StillroomError({
    code: 'asset-altered',
    problem: `The file ${path} is not the one that was shipped`,
    got: `SHA-256 ${got}`,
    wanted,
    remedy: 'Reload the page; if it happens again, this copy of the site is damaged',
  });
}
