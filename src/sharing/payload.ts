/**
 * The text inside of a link: JSON, raw or deflated, as base64url. Lengths are capped before and while inflating, and
 * the depth before parsing, so a hostile text costs no more than an honest one.
 */
import { deflateSync, Inflate } from 'fflate';
import { StillroomError } from '../spec/errors.ts';

export const payloadLimits = { characters: 4_096, inflated: 65_536, depth: 12 } as const;

/** Codecs by their letter: j is plain JSON, d is raw deflate. */
type Codec = 'j' | 'd';

/** `<codec>.<base64url>`; deflated only where that is a fifth shorter. Never ends in `=`. */
export function encodePayload(value: unknown): string {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  const deflated = deflateSync(bytes, { level: 9 });
  return deflated.length <= 0.8 * bytes.length ? `d.${toBase64Url(deflated)}` : `j.${toBase64Url(bytes)}`;
}

/** Errors: `link-long`, `link-damaged`. */
export function decodePayload(text: string): unknown {
  if (text.length > payloadLimits.characters) throw tooLong(text.length);
  const match = /^([jd])\.([A-Za-z0-9_-]*)$/.exec(text);
  if (match === null) throw damaged('characters that do not belong there');
  const [, codec, data = ''] = match;
  const bytes = fromBase64Url(data);
  const json = new TextDecoder().decode((codec as Codec) === 'd' ? inflateCapped(bytes) : bytes);
  checkDepth(json);
  try {
    return JSON.parse(json);
  } catch {
    throw damaged('a text that is no JSON');
  }
}

function inflateCapped(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  let total = 0;
  const inflate = new Inflate((part) => {
    total += part.length;
    if (total > payloadLimits.inflated)
      throw damaged(`more than ${payloadLimits.inflated} bytes when inflated`);
    parts.push(part);
  });
  try {
    // In small pieces, so that the cap acts before a bomb has grown.
    for (let at = 0; at < bytes.length; at += 64)
      inflate.push(bytes.subarray(at, at + 64), at + 64 >= bytes.length);
  } catch (cause) {
    if (cause instanceof StillroomError) throw cause;
    throw damaged('data that do not inflate');
  }
  const whole = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Brackets outside of strings, before anything recursive sees the text. */
function checkDepth(json: string): void {
  let [depth, inString] = [0, false];
  for (let i = 0; i < json.length; i++) {
    const character = json[i];
    if (inString) {
      if (character === '\\') i += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    if (depth > payloadLimits.depth) throw damaged(`more than ${payloadLimits.depth} levels`);
  }
}

function toBase64Url(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function fromBase64Url(text: string): Uint8Array {
  if (text.length % 4 === 1) throw damaged('a text that was cut');
  const standard = text.replaceAll('-', '+').replaceAll('_', '/');
  return Uint8Array.from(atob(standard), (character) => character.charCodeAt(0));
}

function tooLong(got: number): StillroomError {
  return new StillroomError({
    code: 'link-long',
    problem: 'This link is too long',
    got: `${got} characters`,
    wanted: `at most ${payloadLimits.characters}`,
    remedy: 'Ask for the link again',
  });
}

function damaged(got: string): StillroomError {
  return new StillroomError({
    code: 'link-damaged',
    problem: 'This link is damaged',
    got,
    remedy: 'Ask for the link again, or start from a preset',
  });
}
