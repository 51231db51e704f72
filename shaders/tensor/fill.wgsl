// y[i] = value.
// y [length]
// Exact: the value is a pipeline constant, stored as it is.

struct Shape {
  length: u32,
}

override workgroup_size: u32 = 64u;
override value: f32 = 0.0;

@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@group(0) @binding(1) var<uniform> shape: Shape;

@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, workgroup_size);
  if (i >= shape.length) { return; }
  y[i] = value;
}
