// y[i] += x[i], or y[i] = x[i] where `replace`.
// x [length], y [length]
// One rounding an element; no order to keep. Four elements an invocation, read before the first is written, since what is
// read comes late on a GPU.

struct Shape {
  length: u32,
}

override workgroup_size: u32 = 256u;
override replace: bool = false;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> shape: Shape;

fn before(at: vec4u) -> vec4f {
  return vec4f(y[at.x], y[at.y], y[at.z], y[at.w]);
}

@compute @workgroup_size(workgroup_size)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let at = (vec4u(flat_group(group, groups) * 4u) + vec4u(0u, 1u, 2u, 3u)) * workgroup_size + lane;
  if (at.x >= shape.length) { return; }
  let own = select(vec4u(at.x), at, at < vec4u(shape.length));
  var sums = vec4f(x[own.x], x[own.y], x[own.z], x[own.w]);
  if (!replace) { sums += before(own); }
  y[at.x] = sums.x;
  if (at.y < shape.length) { y[at.y] = sums.y; }
  if (at.z < shape.length) { y[at.z] = sums.z; }
  if (at.w < shape.length) { y[at.w] = sums.w; }
}
