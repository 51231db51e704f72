// y[p] = mean over s of x[p, s]: a map of [batch, channels, height, width] as one number a channel.
// x [planes, spatial], y [planes], planes = batch * channels
// Stable: one chain of additions a plane, s ascending.

struct Shape {
  planes: u32,
  spatial: u32,
}

override workgroup_size: u32 = 64u;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> shape: Shape;

@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let p = flat_index(id, groups, workgroup_size);
  if (p >= shape.planes) { return; }
  var sum = 0.0;
  for (var s = 0u; s < shape.spatial; s++) { sum += x[p * shape.spatial + s]; }
  y[p] = sum / f32(shape.spatial);
}
