/**
 * Names that people can say aloud for runs that have none: two words from the still-room, from what the run is and
 * its number on this page. Equal runs get neighbouring names, never the same one. Not an identifier.
 */
import type { RunSpec } from '../spec/runSpec.ts';

const first = (
  'amber quiet slow clear copper early gentle mossy silver velvet bright plain ' +
  'hollow golden winter morning patient deep small warm pale lucid even honest'
).split(' ');
const second = (
  'alembic cordial retort juniper essence kettle lantern orchard vial rosehip nectar thyme ' +
  'balsam cask decoction fennel elixir saffron tincture quince verbena infusion bottle spirit'
).split(' ');

/** `ordinal` counts the runs of this page from 0. */
export function runName(spec: RunSpec, ordinal: number): string {
  const hash = fnv1a(JSON.stringify({ ...spec, name: '', events: [] }));
  const a = first[(hash + ordinal) % first.length] ?? '';
  const b = second[((hash >>> 12) + ordinal * 5) % second.length] ?? '';
  return `${a} ${b}`;
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return hash;
}
