/** CRC-32 of IEEE 802.3, as gzip has it, in pieces. */

const table = Uint32Array.from({ length: 256 }, (_, i) => {
  let bits = i;
  for (let k = 0; k < 8; k++) bits = bits & 1 ? 0xedb8_8320 ^ (bits >>> 1) : bits >>> 1;
  return bits;
});

/** The sum over `bytes`, after others whose sum was `before`. */
export function crc32(bytes: Uint8Array, before = 0): number {
  let sum = ~before;
  for (let i = 0; i < bytes.length; i++) sum = (table[(sum ^ (bytes[i] ?? 0)) & 0xff] ?? 0) ^ (sum >>> 8);
  return ~sum >>> 0;
}
