// Weights in few bits as exporters write them: bytes with one scale, and blocks of four bits with a scale each.

/** Weights that share a scale, along the input. */
export const quantisedBlock = 16;

/** w ≈ scale · (byte − 128). */
export function bytesOf(values: Float32Array): {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly scale: number;
} {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  const bytes = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) bytes[i] = Math.round((127 * (values[i] ?? 0)) / most) + 128;
  return { bytes, scale: most / 127 };
}

/** As MatMulNBits wants W (from, to): for each output, blocks along the input, two nibbles a byte around 8. */
export function blocksOf(values: Float32Array, from: number, to: number) {
  const nibbles = new Uint8Array((from * to) / 2);
  const scales = new Float32Array((from * to) / quantisedBlock);
  for (let at = 0; at < from * to; at += quantisedBlock) {
    const [output, start] = [Math.floor(at / from), at % from];
    let most = 1e-9;
    for (let i = 0; i < quantisedBlock; i++)
      most = Math.max(most, Math.abs(values[(start + i) * to + output] ?? 0));
    scales[at / quantisedBlock] = most / 7;
    for (let i = 0; i < quantisedBlock; i++) {
      const nibble = Math.round((7 * (values[(start + i) * to + output] ?? 0)) / most) + 8;
      nibbles[(at + i) >> 1] = (nibbles[(at + i) >> 1] ?? 0) | (nibble << (4 * (i & 1)));
    }
  }
  return { nibbles, scales };
}
