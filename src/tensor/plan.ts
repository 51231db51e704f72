/**
 * Plans the memory of activations: from the calls in order and the tensors they name, to a few slabs. A slab holds
 * one tensor at a time, so no call reads a slab it writes (WebGPU checks whole buffers, not ranges), and the peak is
 * known before anything is allocated.
 */
import { aligned, type KernelCall, type Program, type Slot } from './program.ts';

export interface Planned {
  readonly program: Program;
  /** Elements of each slab, `slab.0`, `slab.1`, …; also slots of the program. */
  readonly slabs: readonly number[];
}

interface Lifetime {
  readonly name: string;
  readonly length: number;
  first: number;
  last: number;
}

/**
 * `tensors` are the names that may be moved, with their lengths; every other slot stays as it is.
 * `persistent` are the slots that the Program keeps beside its slabs.
 */
export function plan(
  name: string,
  calls: readonly KernelCall[],
  tensors: ReadonlyMap<string, number>,
  persistent: readonly Slot[],
): Planned {
  const places = placeAll(lifetimes(calls, tensors));
  const slabs = places.lengths.map((length, i) => ({ name: slabName(i), dtype: 'f32' as const, length }));
  const moved = calls.map((call) => ({
    ...call,
    args: call.args.map((arg) => ({ ...arg, slot: places.slabOf.get(arg.slot) ?? arg.slot })),
    reference: call.reference,
  }));
  return {
    program: { name, slots: [...persistent, ...slabs], calls: moved },
    slabs: places.lengths,
  };
}

export function slabName(slab: number): string {
  return `slab.${slab}`;
}

/** Slab lengths that serve several plans in turn. */
export function largestSlabs(plans: readonly Planned[]): readonly number[] {
  const count = Math.max(0, ...plans.map((one) => one.slabs.length));
  return Array.from({ length: count }, (_, i) => Math.max(...plans.map((one) => one.slabs[i] ?? 0)));
}

function lifetimes(calls: readonly KernelCall[], tensors: ReadonlyMap<string, number>): readonly Lifetime[] {
  const found = new Map<string, Lifetime>();
  calls.forEach((call, index) => {
    for (const { slot } of call.args) {
      const length = tensors.get(slot);
      if (length === undefined) continue;
      const known = found.get(slot);
      if (known === undefined)
        found.set(slot, { name: slot, length: aligned(length), first: index, last: index });
      else known.last = index;
    }
  });
  return [...found.values()];
}

/** In order of first use; the free slab that wastes least, grown if it must be, else a new one. */
function placeAll(all: readonly Lifetime[]): { slabOf: Map<string, string>; lengths: number[] } {
  const lengths: number[] = [];
  const busyUntil: number[] = [];
  const slabOf = new Map<string, string>();
  for (const tensor of all) {
    let best = -1;
    let bestWaste = Number.POSITIVE_INFINITY;
    for (let slab = 0; slab < lengths.length; slab++) {
      if ((busyUntil[slab] ?? 0) >= tensor.first) continue;
      const waste = Math.abs((lengths[slab] ?? 0) - tensor.length);
      if (waste < bestWaste) [best, bestWaste] = [slab, waste];
    }
    if (best < 0) {
      best = lengths.length;
      lengths.push(0);
    }
    lengths[best] = Math.max(lengths[best] ?? 0, tensor.length);
    busyUntil[best] = tensor.last;
    slabOf.set(tensor.name, slabName(best));
  }
  return { slabOf, lengths };
}
