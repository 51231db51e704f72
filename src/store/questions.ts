/** What the page asks a live engine beside training: plain answers, or the reason as an error that can be shown. */
import type { CheckedLoss, LossReport } from '../protocol/checks.ts';
import type { GivenFile, LanguageCommand } from '../protocol/commands.ts';
import type { FileInspection, OfferedTensor, Reply, Speed } from '../protocol/events.ts';
import type { HubModel, HubOffer, StoredModel } from '../protocol/hub.ts';
import type { ScalingsCommand } from '../protocol/scalings.ts';
import type { StoredRun } from '../protocol/storedRuns.ts';
import { detailOf, type ErrorDetail, StillroomError } from '../spec/errors.ts';
import type { ScalingTrial } from '../spec/ownData.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import type { Conversation } from './conversation.ts';

/** The answer, or the reason that there is none, to be shown where it was asked. */
export async function answered<T>(
  live: Conversation | null,
  question: (live: Conversation) => Promise<T>,
): Promise<T | ErrorDetail> {
  if (live === null) return { code: 'no-engine', problem: 'The engine did not start' };
  return question(live).catch(detailOf);
}

/** What dropped files are, and a hub's model with them, which is downloaded first. Errors: the engine's. */
export async function askInspection(
  live: Conversation,
  files: readonly GivenFile[],
  model: HubModel | null = null,
): Promise<FileInspection> {
  const reply = await live.ask(
    model === null ? { type: 'inspect', files } : { type: 'hub-download', model, files },
  );
  if (reply.kind === 'inspection') return reply.inspection;
  throw refused(reply);
}

/** How often a user's teacher is right under each of these scalings of its inputs. Errors: the engine's. */
export async function askScalings(
  live: Conversation,
  trial: Omit<ScalingsCommand, 'type' | 'id'>,
): Promise<ScalingTrial> {
  const reply = await live.ask({ type: 'scalings', ...trial });
  if (reply.kind === 'scalings') return reply.trial;
  throw refused(reply);
}

/** What the hub has under an id or an address. Errors: the engine's. */
export async function askHub(live: Conversation, address: string): Promise<HubOffer> {
  const reply = await live.ask({ type: 'hub-offer', address });
  if (reply.kind === 'offer') return reply.offer;
  throw refused(reply);
}

/** Models that are stored here, after one of them was deleted, if one is named. Errors: the engine's. */
export async function askStored(live: Conversation, deleted?: string): Promise<readonly StoredModel[]> {
  const reply = await live.ask(
    deleted === undefined ? { type: 'hub-stored' } : { type: 'hub-delete', key: deleted },
  );
  if (reply.kind === 'stored') return reply.models;
  throw refused(reply);
}

/** Runs of which checkpoints are kept here, after one of them was deleted, if one is named. Errors: the engine's. */
export async function askStoredRuns(live: Conversation, deleted?: string): Promise<readonly StoredRun[]> {
  const reply = await live.ask(
    deleted === undefined ? { type: 'runs-stored' } : { type: 'runs-delete', key: deleted },
  );
  if (reply.kind === 'stored-runs') return reply.runs;
  throw refused(reply);
}

/** Milliseconds of teacher and student; training pauses for it. Errors: the engine's. */
export async function askSpeed(live: Conversation): Promise<Speed> {
  const reply = await live.ask({ type: 'speed' });
  if (reply.kind === 'speed') return reply.speed;
  throw refused(reply);
}

/** Tensors of the specification's teacher that can be distilled as hidden states. Errors: the engine's. */
export async function askTensors(
  live: Conversation,
  spec: RunSpec,
  files: readonly GivenFile[],
): Promise<readonly OfferedTensor[]> {
  const reply = await live.ask({ type: 'tensors', spec, files });
  if (reply.kind === 'tensors') return reply.tensors;
  throw refused(reply);
}

/** Checks of losses before training; `tell` hears each report as it comes. Errors: the engine's. */
export async function askChecks(
  live: Conversation,
  losses: readonly CheckedLoss[] | 'catalogue',
  tell: (report: LossReport, index: number, count: number) => void = () => undefined,
): Promise<readonly LossReport[]> {
  const reply = await live.ask({ type: 'check', losses }, (event) =>
    tell(event.report, event.index, event.count),
  );
  if (reply.kind === 'checked') return reply.reports;
  throw refused(reply);
}

/** Whose answers a saved file holds, over what; they are kept for runs of both. Errors: the engine's. */
export async function askKeep(
  live: Conversation,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<{ readonly teacher: string; readonly data: string }> {
  const reply = await live.ask({ type: 'keep', bytes });
  if (reply.kind === 'kept') return reply;
  throw refused(reply);
}

/** From now on this held-out text is looked at. Errors: the engine's. */
export async function askWatch(live: Conversation, text: number): Promise<void> {
  const reply = await live.ask({ type: 'watch', text });
  if (reply.kind !== 'watched') throw refused(reply);
}

/** Whether layers are compared with the teacher's tensors from now on. Errors: the engine's. */
export async function askSimilarity(live: Conversation, on: boolean): Promise<true> {
  const reply = await live.ask({ type: 'similarity', on });
  if (reply.kind !== 'comparing') throw refused(reply);
  return true;
}

/** How each student, or the teacher alone, goes on from a prompt. Errors: the engine's. */
export async function askContinuation(
  live: Conversation,
  wish: Omit<Extract<LanguageCommand, { type: 'continue' }>, 'type' | 'id'>,
): Promise<Extract<Reply, { kind: 'continued' }>> {
  const reply = await live.ask({ type: 'continue', ...wish });
  if (reply.kind === 'continued') return reply;
  throw refused(reply);
}

/** What the models pay attention to in the text that is looked at. Errors: the engine's. */
export async function askAttention(live: Conversation): Promise<Extract<Reply, { kind: 'attention' }>> {
  const reply = await live.ask({ type: 'attend' });
  if (reply.kind === 'attention') return reply;
  throw refused(reply);
}

function refused(reply: { readonly kind: string; readonly detail?: ErrorDetail }): Error {
  return reply.detail === undefined
    ? new RangeError(`the engine answered with ${reply.kind}`)
    : new StillroomError(reply.detail);
}
