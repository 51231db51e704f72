// z[i] = x[i] + y[i]: a residual connection.
// x, y, z [length]
// One rounding an element; no order to keep. Four elements an invocation, read before the first is written, since what is
// read comes late on a GPU.

struct Shape {
  length: u32,
}

override workgroup_size: u32 = 256u;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read_write> z: array<f32>;
@group(0) @binding(3) var<uniform> shape: Shape;

@compute @workgroup_size(workgroup_size)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let at = (vec4u(flat_group(group, groups) * 4u) + vec4u(0u, 1u, 2u, 3u)) * workgroup_size + lane;
  if (at.x >= shape.length) { return; }
  let own = select(vec4u(at.x), at, at < vec4u(shape.length));
  let sums = vec4f(x[own.x], x[own.y], x[own.z], x[own.w]) + vec4f(y[own.x], y[own.y], y[own.z], y[own.w]);
  z[at.x] = sums.x;
  if (at.y < shape.length) { z[at.y] = sums.y; }
  if (at.z < shape.length) { z[at.z] = sums.z; }
  if (at.w < shape.length) { z[at.w] = sums.w; }
}
