// dx[p, s] = dy[p] / spatial: the gradient of a mean over positions.
// dy [planes], dx [planes, spatial], planes = batch * channels
// Stable: one division an element; dx is replaced, or added to where `accumulate`.

struct Shape {
  planes: u32,
  spatial: u32,
}

override workgroup_size: u32 = 64u;
override accumulate: bool = false;

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read_write> dx: array<f32>;
@group(0) @binding(2) var<uniform> shape: Shape;

@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, workgroup_size);
  if (i >= shape.planes * shape.spatial) { return; }
  let share = dy[i / shape.spatial] / f32(shape.spatial);
  if (accumulate) { dx[i] += share; } else { dx[i] = share; }
}
