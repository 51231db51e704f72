import { expect, test } from 'vitest';
import { StillroomError } from '../spec/errors.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';

const tensors = [
  { name: 'dense.weight', shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 0, 1e-30, -0) },
  { name: 'dense.bias', shape: [3], data: Float32Array.of(4, 5, 6) },
  { name: 'scale', shape: [], data: Float32Array.of(7) },
];

test('what was written is read back, bit for bit, with its metadata', () => {
  const file = writeSafetensors(tensors, { format: 'stillroom', 'naïve key': 'ü' });
  const read = readSafetensors(file);
  expect(read.tensors).toEqual(tensors);
  expect(read.metadata).toEqual({ format: 'stillroom', 'naïve key': 'ü' });
  expect(read.leftOut).toEqual([]);
});

test('a file may begin anywhere in a larger buffer', () => {
  const file = writeSafetensors(tensors);
  const moved = new Uint8Array(file.length + 3);
  moved.set(file, 3);
  expect(readSafetensors(moved.subarray(3)).tensors).toEqual(tensors);
});

test('the layout is the published one: a length, a JSON header padded with spaces, the numbers', () => {
  const file = writeSafetensors([{ name: 'a', shape: [1], data: Float32Array.of(1) }]);
  const length = Number(new DataView(file.buffer).getBigUint64(0, true));
  const header = new TextDecoder().decode(file.subarray(8, 8 + length));
  expect(header.trimEnd()).toBe('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}');
  expect(length % 8).toBe(0);
  expect([...file.subarray(8 + length)]).toEqual([0, 0, 0x80, 0x3f]);
});

test('tensors of other types are named and left out', () => {
  const header = '{"h":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}';
  const file = new Uint8Array(8 + header.length + 4);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(new TextEncoder().encode(header), 8);
  expect(readSafetensors(file)).toEqual({ tensors: [], metadata: {}, leftOut: ['h'] });
});

const withHeader = (header: string, bytes = 4) => {
  const file = new Uint8Array(8 + header.length + bytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(new TextEncoder().encode(header), 8);
  return file;
};

test.each([
  ['is empty', new Uint8Array(0)],
  ['ends inside its header', writeSafetensors(tensors).slice(0, 40)],
  ['says that its header is larger than the file', new Uint8Array(8).fill(255)],
  ['has a header that is no JSON', withHeader('{{')],
  ['has a list as its header', withHeader('[]')],
  ['has a tensor outside the file', withHeader('{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}')],
  [
    'has a tensor that ends before it begins',
    withHeader('{"a":{"dtype":"F32","shape":[0],"data_offsets":[4,0]}}'),
  ],
  [
    'has a shape that its bytes do not fill',
    withHeader('{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}'),
  ],
  ['has a negative dimension', withHeader('{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}')],
  ['describes a tensor by a word', withHeader('{"a":"F32"}')],
])('a file that %s is refused', (_, file) => {
  expect(() => readSafetensors(file)).toThrow(StillroomError);
});

test('a tensor that is called like an object’s own machinery is only a name', () => {
  const odd = [{ name: '__proto__', shape: [1], data: Float32Array.of(1) }];
  expect(readSafetensors(writeSafetensors(odd)).tensors).toEqual(odd);
  expect(Object.hasOwn(Object.prototype, 'dtype')).toBe(false);
});

test('two tensors of one name are refused', () => {
  const one = { name: 'a', shape: [1], data: Float32Array.of(1) };
  expect(() => writeSafetensors([one, one])).toThrow(/taken/);
});
