/** What every executor refuses before it binds, reads or writes. It holds no storage itself. */
import { StillroomError } from '../spec/errors.ts';
import type { Placement } from './executor.ts';
import type { Program } from './program.ts';

/** Errors: `slot-missing`, `slot-too-small`. */
export function checkPlacements(program: Program, placements: ReadonlyMap<string, Placement>): void {
  for (const slot of program.slots) {
    const placement = placements.get(slot.name);
    if (placement === undefined) throw missingSlot(slot.name);
    const room = placement.storage.length - (placement.offset ?? 0);
    if (room >= slot.length) continue;
    throw new StillroomError({
      code: 'slot-too-small',
      problem: `The buffer for ${slot.name} of ${program.name} is too small`,
      got: `${room} elements`,
      wanted: `${slot.length}`,
    });
  }
}

export function missingSlot(name: string): StillroomError {
  return new StillroomError({ code: 'slot-missing', problem: `Nothing was bound to the slot ${name}` });
}

/** For a storage that was disposed of, or is another executor's. */
export function disposedStorage(label: string): StillroomError {
  return new StillroomError({
    code: 'storage-disposed',
    problem: `${label} is not, or no longer, a storage of this executor`,
  });
}

/** For memory that was asked for and not given. */
export function outOfMemory(label: string, bytes: number, cause?: unknown): StillroomError {
  return new StillroomError(
    {
      code: 'out-of-memory',
      problem: `There is not enough memory for ${label}`,
      got: `${Math.ceil(bytes / 2 ** 20)} MiB asked for`,
      remedy: 'Choose a smaller batch, a narrower student or fewer rows',
    },
    { cause },
  );
}
