// y[r, c] = x[r, c] + p[r mod positions, c]: a learned vector for each position of a sequence.
// x, y [rows, width]; p [positions, width]
// One rounding an element; no order to keep.

struct Shape {
  length: u32,
  period: u32,
}

override workgroup_size: u32 = 64u;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> p: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<uniform> shape: Shape;

@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, workgroup_size);
  if (i >= shape.length) { return; }
  y[i] = x[i] + p[i % shape.period];
}
