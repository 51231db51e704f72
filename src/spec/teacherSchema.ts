/** Who teaches in a run, as a part of its specification: of the sources of teachers one. */
import * as v from 'valibot';
import { classIndex, real, text, whole } from './fields.ts';
import { limits } from './limits.ts';

const provider = v.picklist(['auto', 'gpu', 'wasm']);
/** Of recorded answers the k largest of each row are kept, and the rest is spread evenly; all of them without it. */
const top = v.optional(whole(limits.top));
/** Classes that the teacher's vocabulary lacks: it says nothing of them. */
const lacks = v.optional(v.pipe(v.array(classIndex), v.maxLength(16)));

/** Where the others answer each batch, this one's answers are recorded all the same. */
const recorded = v.optional(v.literal('pack'));

/** One of several teachers. A model of the user's is told by its hash, which is empty until it is read. */
const member = v.variant('source', [
  v.strictObject({
    source: v.literal('builtin'),
    id: text(64),
    weight: real(limits.weight),
    delivery: recorded,
  }),
  v.strictObject({
    source: v.literal('file'),
    sha256: text(64),
    input: text(256),
    logits: text(256),
    weight: real(limits.weight),
    delivery: recorded,
  }),
]);

export const teacherSchema = v.variant('source', [
  v.strictObject({
    source: v.literal('builtin'),
    id: text(64),
    /** `pack`: the shipped answers; `live`: the ONNX model itself, answering each batch. */
    delivery: v.picklist(['pack', 'live']),
    provider,
    top,
    lacks,
  }),
  v.strictObject({
    source: v.literal('file'),
    sha256: text(64),
    input: text(256),
    logits: text(256),
    delivery: v.picklist(['pack', 'live']),
    provider,
    top,
    lacks,
  }),
  /** One of the hub that the page is built for, at one commit, so that it is the same one for ever. */
  v.strictObject({
    source: v.literal('hub'),
    /** `owner/name`. */
    repository: v.pipe(text(192), v.regex(/^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/)),
    revision: v.pipe(text(40), v.regex(/^[0-9a-f]{40}$/)),
    /** `onnx/model_q4.onnx`. */
    model: v.pipe(text(256), v.regex(/^(?:[\w.-]+\/)*[\w.-]+\.onnx$/)),
    input: text(256),
    logits: text(256),
    delivery: v.picklist(['pack', 'live']),
    provider,
    top,
    lacks,
  }),
  /** Two to four teachers, whose answers are combined in each batch, so that their weights are live. */
  v.strictObject({
    source: v.literal('several'),
    members: v.pipe(v.array(member), v.minLength(limits.members.min), v.maxLength(limits.members.max)),
    /** The weighted mean of their probabilities, or of their log-probabilities (of logits, whose offsets say nothing). */
    combine: v.picklist(['probabilities', 'logits']),
    delivery: v.picklist(['pack', 'live']),
    provider,
    lacks,
  }),
  /** The averaged copy that each taught arm keeps of its own weights answers each batch (self-distillation). */
  v.strictObject({
    source: v.literal('average'),
    /** Share of itself that it keeps at each update. */
    decay: real(limits.decay),
    delivery: v.literal('live'),
    provider,
    lacks,
  }),
  /** Arms learn from labels alone; measures against a teacher are against equal probabilities. */
  v.strictObject({ source: v.literal('none'), delivery: v.picklist(['pack', 'live']), provider, lacks }),
]);
