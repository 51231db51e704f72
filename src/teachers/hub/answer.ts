/** What a hub's answer means, in words: refusals, pages instead of files, connections that break. It retries nothing. */
import { StillroomError } from '../../spec/errors.ts';

export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** A connection that may hold the next time. */
export class BrokenConnection extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.name = 'BrokenConnection';
  }
}

/** Errors: BrokenConnection where nothing answers or the server has trouble; the hub's refusals as they are. */
export async function ask(fetch: Fetch, url: string, init?: RequestInit): Promise<Response> {
  const response = await fetch(url, init).catch((cause: unknown) => {
    // A browser tells a page no more than that it failed.
    throw new BrokenConnection('no answer', { cause });
  });
  if (response.ok) return response;
  await response.body?.cancel().catch(() => undefined);
  if (response.status >= 500 || response.status === 408 || response.status === 429)
    throw new BrokenConnection(`status ${response.status}`);
  throw refused(response.status, url);
}

/** Errors: `hub-gated` (401, 403), `hub-missing` (404 and the rest). */
function refused(status: number, url: string): StillroomError {
  const got = `status ${status} for ${new URL(url).pathname}`;
  if (status === 401 || status === 403) {
    return new StillroomError({
      code: 'hub-gated',
      problem: 'The hub does not give this model to everybody',
      got,
      wanted: 'a public model that asks for no agreement',
      remedy: "Open the model's page, agree to its terms, download its files and drop them here",
      control: 'teacher.hub',
    });
  }
  return new StillroomError({
    code: 'hub-missing',
    problem: 'The hub has no such model or file',
    got,
    remedy: 'Check the id and the revision',
    control: 'teacher.hub',
  });
}

/** Errors: `hub-html` where a page came instead of the file: a sign-in of a network, mostly. */
export function checkKind(response: Response, url: string): void {
  const kind = response.headers.get('content-type') ?? '';
  if (!/text\/html/i.test(kind)) return;
  throw new StillroomError({
    code: 'hub-html',
    problem: 'A web page came instead of the file',
    got: `${kind} for ${new URL(url).pathname}`,
    remedy: 'Check whether this network wants a sign-in, then try again: what has arrived is kept',
    control: 'teacher.hub',
  });
}

export function unreachable(cause: unknown): StillroomError {
  return new StillroomError(
    {
      code: 'hub-unreachable',
      problem: 'The connection to the hub broke again and again',
      got: cause instanceof Error ? cause.message : String(cause),
      remedy: 'Try again later: what has arrived is kept, and the download goes on from there',
      control: 'teacher.hub',
    },
    { cause },
  );
}

/** Waits between tries, in milliseconds; as many tries more as there are. A piece that arrives starts them over. */
export const pauses: readonly number[] = [500, 1_000, 2_000, 4_000, 8_000];

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Errors: `hub-unreachable`, and whatever else `work` throws, at once. */
export async function persistently<T>(work: () => Promise<T>, waits = pauses): Promise<T> {
  for (const wait of [...waits, null]) {
    try {
      return await work();
    } catch (cause) {
      if (!(cause instanceof BrokenConnection)) throw cause;
      if (wait === null) throw unreachable(cause);
      await sleep(wait);
    }
  }
  throw unreachable('no try was made');
}
