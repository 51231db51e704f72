// wide[2i] = x[i], wide[2i + 1] = 0: each token as a 64-bit integer, its lower word first.
// x [length], wide [2 · length]
// Exact.

struct Shape {
  length: u32,
}

override workgroup_size: u32 = 64u;

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> wide: array<u32>;
@group(0) @binding(2) var<uniform> shape: Shape;

@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, workgroup_size);
  if (i >= shape.length) { return; }
  wide[2u * i] = x[i];
  wide[2u * i + 1u] = 0u;
}
