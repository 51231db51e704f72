/**
 * What a person may give to name a model on a hub: its id, its page, or the address of one of its files. Only the hub
 * that the page was built for is reached. It asks nothing of the network.
 */
import { StillroomError } from '../../spec/errors.ts';

export interface HubAddress {
  /** `owner/name`. */
  readonly repository: string;
  /** A branch, a tag or a commit. */
  readonly revision: string;
  /** A file that was named, such as `onnx/model_q4.onnx`. */
  readonly file: string | null;
}

const part = '[A-Za-z0-9][\\w.-]{0,95}';
const idPattern = new RegExp(`^(${part}/${part})(?:@([\\w./-]{1,120}))?$`);
const pathPattern = new RegExp(`^/(${part}/${part})(?:/(?:tree|blob|resolve)/([^/]+)(?:/(.+))?)?/?$`);

/** Errors: `hub-address`, `hub-host` for an address elsewhere. */
export function parseAddress(text: string, hub: string): HubAddress {
  const given = text.trim();
  const [, id, at = 'main'] = idPattern.exec(given) ?? [];
  if (id !== undefined) return { repository: id, revision: at, file: null };
  const url = URL.parse(/^https?:/i.test(given) ? given : `https://${given}`);
  if (url === null || (!url.hostname.includes('.') && url.hostname !== 'localhost'))
    throw notAnAddress(given);
  if (url.origin !== new URL(hub).origin) throw elsewhere(url.origin, hub);
  const [, repository, revision = 'main', file] = pathPattern.exec(decodeURIComponent(url.pathname)) ?? [];
  if (repository === undefined) throw notAnAddress(given);
  return { repository, revision, file: file?.endsWith('.onnx') ? file : null };
}

function notAnAddress(got: string): StillroomError {
  return new StillroomError({
    code: 'hub-address',
    problem: 'This does not name a model on the hub',
    got: got === '' ? 'nothing' : got.slice(0, 120),
    wanted: 'an id such as onnx-community/SmolLM2-135M-ONNX, or the address of its page',
    remedy: "Copy the id from the model's page",
    control: 'teacher.hub',
  });
}

function elsewhere(got: string, wanted: string): StillroomError {
  return new StillroomError({
    code: 'hub-host',
    problem: 'This page loads models from one hub alone',
    ...{ got, wanted },
    remedy: 'Download the files there and drop them here',
    control: 'teacher.file',
  });
}
