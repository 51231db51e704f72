// The parameter table: places, roles and first weights.
import { expect, test } from 'vitest';
import { ParameterTable, parameterWindow } from './parameters.ts';

const weight = {
  shape: [3, 40],
  initialiser: { kind: 'uniform', bound: 0.5 },
  decay: true,
  exported: true,
} as const;
const bias = {
  shape: [40],
  initialiser: { kind: 'constant', value: 0.25 },
  decay: false,
  exported: true,
} as const;

function table(most?: number): ParameterTable {
  const made = new ParameterTable(most);
  made.add({ name: 'weight', ...weight });
  made.add({ name: 'bias', ...bias });
  made.add({ name: 'projection', ...weight, exported: false });
  return made;
}

test('tensors begin at multiples of 64 elements and do not overlap', () => {
  expect(table().entries.map(({ offset, length }) => [offset, length])).toEqual([
    [0, 120],
    [128, 40],
    [192, 120],
  ]);
});

test('a projection is not counted', () => {
  expect(table().exportedCount).toBe(160);
});

test('a tensor that does not fit the rest of a segment begins the next one', () => {
  const made = table(192);
  expect(made.entries.map(({ segment, offset }) => [segment, offset])).toEqual([
    [0, 0],
    [0, 128],
    [1, 0],
  ]);
  expect(made.segments).toEqual([192, 128]);
});

test('a tensor larger than a binding is refused with what to do', () => {
  expect(() => table(64)).toThrow(/larger than this adapter binds.*Choose narrower layers/);
});

test('biases are not decayed and weights are', () => {
  const [roles] = table().roles();
  expect([...(roles ?? [])]).toEqual([1, 1, 1, 1, 0, 1, 1, 1, 1, 1]);
});

test('equal seeds give equal weights, and another seed others', () => {
  expect(table().initialise(7)).toEqual(table().initialise(7));
  expect(table().initialise(8)).not.toEqual(table().initialise(7));
});

test('weights stay inside their bound, biases have their constant, padding is zero', () => {
  const [numbers = new Float32Array()] = table().initialise(3);
  expect(Math.max(...numbers.subarray(0, 120).map(Math.abs))).toBeLessThanOrEqual(0.5);
  expect(new Set(numbers.subarray(128, 168))).toEqual(new Set([0.25]));
  expect(new Set([...numbers.subarray(120, 128), ...numbers.subarray(168, 192)])).toEqual(new Set([0]));
});

test('one more tensor leaves the first weights of the others as they were', () => {
  const more = table();
  more.add({ name: 'later', ...weight });
  expect(more.initialise(5)[0]?.subarray(0, 312)).toEqual(table().initialise(5)[0]?.subarray(0, 312));
});

test('a frozen table holds its own numbers, counts for nothing and is never updated', () => {
  const more = table();
  const numbers = Float32Array.of(1, 2, 3, 4);
  const roles = { decay: false, exported: false, frozen: true };
  const { offset } = more.add({
    ...{ name: 'angles', shape: [2, 2], initialiser: { kind: 'numbers', numbers } },
    ...roles,
  });
  expect(more.initialise(9)[0]?.slice(offset, offset + 4)).toEqual(numbers);
  expect(more.exportedCount).toBe(table().exportedCount);
  expect(more.roles()[0]?.slice(offset / 32, offset / 32 + 2)).toEqual(Float32Array.of(0, 0));
});

test('a window names the flat buffer and its segment', () => {
  const [, second] = table().entries;
  expect(second && parameterWindow('gradients', second)).toEqual({
    slot: 'gradients.0',
    offset: 128,
    length: 40,
  });
});
