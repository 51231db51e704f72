// y[i] += x[i], or y[i] = x[i] where `replace`.
// x [length], y [length]
// One rounding an element; no order to keep.

struct Shape {
  length: u32,
}

override workgroup_size: u32 = 64u;
override replace: bool = false;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> shape: Shape;

@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, workgroup_size);
  if (i >= shape.length) { return; }
  if (replace) { y[i] = x[i]; } else { y[i] += x[i]; }
}
