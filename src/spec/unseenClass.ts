/** Which class a run is about: the first that students never saw and that their teacher knows. Pure. */
import type { RunSpec } from './runSpec.ts';

/** Null where every class was seen, or where nobody knows the one that was not: then accuracy is the headline. */
export function unseenClass({ data, teacher }: Pick<RunSpec, 'data' | 'teacher'>): number | null {
  return data.leaveOut.find((label) => !(teacher.lacks ?? []).includes(label)) ?? null;
}
