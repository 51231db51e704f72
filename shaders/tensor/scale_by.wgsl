// x[i] = factor[0] * x[i]
// factor [1], x [length]. The factor is a number that an earlier kernel left on the GPU.

struct Shape {
  length: u32,
}

override workgroup_size: u32 = 64u;

@group(0) @binding(0) var<storage, read> factor: array<f32>;
@group(0) @binding(1) var<storage, read_write> x: array<f32>;
@group(0) @binding(2) var<uniform> shape: Shape;

@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, workgroup_size);
  if (i >= shape.length) { return; }
  x[i] = factor[0] * x[i];
}
