// Packs come back as they were written, to half precision, and broken ones are refused.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StillroomError } from '../spec/errors.ts';
import { decodePack, encodePack, lookUp, type PackHeader } from './pack.ts';

const header: PackHeader = {
  version: 1,
  teacher: 'ab'.repeat(32),
  task: 'glyphs-16',
  dataSeed: 1,
  classes: 3,
  parts: [
    { name: 'transfer', rows: 4 },
    { name: 'test', rows: 2 },
  ],
};
const parts = new Map([
  ['transfer', Float32Array.from({ length: 12 }, (_, i) => i / 4)],
  ['test', Float32Array.from({ length: 6 }, (_, i) => -i)],
]);

test('a pack comes back as it was written', () => {
  const pack = decodePack(encodePack(header, parts));
  expect(pack.header).toEqual(header);
  expect(pack.parts).toEqual(parts);
});

test('rows are found by sample, in any order', () => {
  const pack = decodePack(encodePack(header, parts));
  expect(lookUp(pack, 'transfer', Uint32Array.of(3, 0))).toEqual(
    Float32Array.of(9 / 4, 10 / 4, 11 / 4, 0, 1 / 4, 2 / 4),
  );
});

test('a sample that the pack does not hold is no answer', () => {
  const pack = decodePack(encodePack(header, parts));
  expect(lookUp(pack, 'transfer', Uint32Array.of(0, 4))).toBeNull();
  expect(lookUp(pack, 'grid', Uint32Array.of(0))).toBeNull();
});

test('a pack that was cut, lengthened or altered in its header is refused with the error of packs', () => {
  const bytes = encodePack(header, parts);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: bytes.length - 1 }), (length) => {
      expect(() => decodePack(bytes.subarray(0, length))).toThrow(StillroomError);
    }),
    { numRuns: 50 },
  );
  expect(() => decodePack(Uint8Array.of(...bytes, 0, 0))).toThrow(/2 bytes too many/);
  const broken = bytes.slice();
  broken[8] = 0x5b;
  expect(() => decodePack(broken)).toThrow(StillroomError);
});
