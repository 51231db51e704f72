/** What the page asks a live engine beside training: plain answers, or the reason as an error that can be shown. */
import type { CheckedLoss, LossReport } from '../protocol/checks.ts';
import type { GivenFile } from '../protocol/commands.ts';
import type { FileInspection, OfferedTensor, Speed } from '../protocol/events.ts';
import { type ErrorDetail, StillroomError } from '../spec/errors.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import type { Conversation } from './conversation.ts';

/** What dropped files are. */
export async function askInspection(
  live: Conversation | null,
  files: readonly GivenFile[],
): Promise<FileInspection | ErrorDetail> {
  if (live === null) return { code: 'no-engine', problem: 'The engine did not start' };
  const reply = await live.ask({ type: 'inspect', files });
  if (reply.kind === 'inspection') return reply.inspection;
  return reply.kind === 'failed'
    ? reply.detail
    : { code: 'unexpected', problem: 'The engine gave another answer' };
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

function refused(reply: { readonly kind: string; readonly detail?: ErrorDetail }): Error {
  return reply.detail === undefined
    ? new RangeError(`the engine answered with ${reply.kind}`)
    : new StillroomError(reply.detail);
}
