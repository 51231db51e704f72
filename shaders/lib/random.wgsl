// Stateless randomness: bits = finalise(fold(pcg4d(seed, step, sample, stream))), u32 operations only.
// A library: no bindings, no entry point. Bit-equal to src/tensor/random.ts, which names the sources.
// Stable everywhere: WGSL defines u32 arithmetic modulo 2^32, and 24 bits are exact in an f32.

fn random_u32(seed: u32, step: u32, sample: u32, stream: u32) -> u32 {
  var v = vec4u(seed, step, sample, stream) * 1664525u + 1013904223u;
  v.x += v.y * v.w;
  v.y += v.z * v.x;
  v.z += v.x * v.y;
  v.w += v.y * v.z;
  v ^= v >> vec4u(16u);
  v.x += v.y * v.w;
  v.y += v.z * v.x;
  v.z += v.x * v.y;
  v.w += v.y * v.z;
  var h = v.x ^ v.y ^ v.z ^ v.w;
  h = (h ^ (h >> 16u)) * 0x85ebca6bu;
  h = (h ^ (h >> 13u)) * 0xc2b2ae35u;
  return h ^ (h >> 16u);
}

// Uniform in [0, 1), a multiple of 2^-24.
fn random_unit(seed: u32, step: u32, sample: u32, stream: u32) -> f32 {
  return f32(random_u32(seed, step, sample, stream) >> 8u) * 5.9604644775390625e-8;
}
