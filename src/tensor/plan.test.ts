// The memory plan: no call reads a slab that it writes, no live tensor is overwritten, and the peak is what is said.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { largestSlabs, plan } from './plan.ts';
import type { KernelCall, Window } from './program.ts';

const window = (slot: string, length: number): Window => ({ slot, offset: 0, length });

/** A call that reads the first windows and writes the last. */
function fakeCall(args: readonly Window[]): KernelCall {
  const bindings = args.map((_, i) => ({
    name: `b${i}`,
    access: i === args.length - 1 ? ('read_write' as const) : ('read' as const),
    dtype: 'f32' as const,
  }));
  return {
    kernel: { name: 'fake', sources: [], bindings, live: false },
    constants: {},
    shape: [],
    workgroups: [1, 1, 1],
    args,
    reference: () => undefined,
  };
}

/** A chain in which tensor i is made from tensor i−1 and one older one. */
const chains = fc
  .array(fc.record({ length: fc.integer({ min: 1, max: 5_000 }), back: fc.nat(6) }), {
    minLength: 2,
    maxLength: 30,
  })
  .map((steps) => {
    const tensors = new Map(steps.map((step, i) => [`t${i}`, step.length]));
    const calls = steps.map((step, i) => {
      const inputs = [i - 1, i - 1 - step.back].filter((j) => j >= 0);
      return fakeCall([...inputs, i].map((j) => window(`t${j}`, tensors.get(`t${j}`) ?? 0)));
    });
    return { tensors, calls };
  });

test('in any chain of calls no slab is both read and written by one call', () => {
  fc.assert(
    fc.property(chains, ({ tensors, calls }) => {
      for (const call of plan('p', calls, tensors, []).program.calls) {
        const slots = call.args.map((arg) => arg.slot);
        expect(slots.slice(0, -1)).not.toContain(slots.at(-1));
      }
    }),
  );
});

test('in any chain a tensor still has its own slab when it is read', () => {
  fc.assert(
    fc.property(chains, ({ tensors, calls }) => {
      const planned = plan('p', calls, tensors, []);
      const holds = new Map<string, string>();
      calls.forEach((call, i) => {
        const moved = planned.program.calls[i]?.args ?? [];
        for (const [j, arg] of call.args.slice(0, -1).entries()) {
          expect(holds.get(moved[j]?.slot ?? '')).toBe(arg.slot);
        }
        holds.set(moved.at(-1)?.slot ?? '', call.args.at(-1)?.slot ?? '');
      });
    }),
  );
});

test('every tensor fits the slab it was given', () => {
  fc.assert(
    fc.property(chains, ({ tensors, calls }) => {
      const planned = plan('p', calls, tensors, []);
      const lengths = new Map(planned.program.slots.map((slot) => [slot.name, slot.length]));
      for (const call of planned.program.calls) {
        for (const arg of call.args) expect(arg.length).toBeLessThanOrEqual(lengths.get(arg.slot) ?? 0);
      }
    }),
  );
});

test('a plain chain of equal tensors needs two slabs, whatever its length', () => {
  const tensors = new Map(Array.from({ length: 9 }, (_, i) => [`t${i}`, 100]));
  const calls = Array.from({ length: 9 }, (_, i) =>
    fakeCall(i === 0 ? [window('t0', 100)] : [window(`t${i - 1}`, 100), window(`t${i}`, 100)]),
  );
  expect(plan('p', calls, tensors, []).slabs).toEqual([128, 128]);
});

test('slots that are not named as tensors stay where they are', () => {
  const planned = plan('p', [fakeCall([window('input', 8), window('t', 8)])], new Map([['t', 8]]), [
    { name: 'input', dtype: 'f32', length: 8 },
  ]);
  expect(planned.program.calls[0]?.args.map((arg) => arg.slot)).toEqual(['input', 'slab.0']);
});

test('slabs for several plans are as long as the longest of each', () => {
  const one = plan(
    'a',
    [fakeCall([window('x', 64), window('y', 640)])],
    new Map([
      ['x', 64],
      ['y', 640],
    ]),
    [],
  );
  const two = plan('b', [fakeCall([window('x', 128)])], new Map([['x', 128]]), []);
  expect(largestSlabs([one, two])).toEqual([128, 640]);
});
