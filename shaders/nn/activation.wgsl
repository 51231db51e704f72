// y[i] = max(x, 0), tanh x, or x * Phi(x) (gelu with the exact normal distribution function).
// x [length], y [length]
// Stable: tanh and Phi come from lib/math, not from the driver; a NaN stays a NaN.

struct Shape {
  length: u32,
}

override workgroup_size: u32 = 64u;
// 0 relu, 1 tanh, 2 gelu
override kind: u32 = 0u;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> shape: Shape;

@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, workgroup_size);
  if (i >= shape.length) { return; }
  let value = x[i];
  switch (kind) {
    case 1u: { y[i] = tanh_stable(value); }
    case 2u: { y[i] = value * normal_cdf(value); }
    default: { y[i] = select(value, 0.0, value <= 0.0); }
  }
}
