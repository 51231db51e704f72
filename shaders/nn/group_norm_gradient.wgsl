// dx = (g - mean(g) - xn * mean(g * xn)) / sigma, with g = dy * gamma and xn = (x - mean) / sigma; means over the group.
// x, dy, dx [batch, channels, spatial]; gamma [channels]; stats [batch * groups, 2]: mean and 1 / sigma
// Without `centred` (RMS normalisation) mean(g) is left out.
// Stable: sums of order 1 only, since xn has variance 1; dx is replaced, or added to where `accumulate`.

struct Shape {
  rows: u32,
  groups: u32,
  channels_per_group: u32,
  spatial: u32,
}

override accumulate: bool = false;
override centred: bool = true;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> gamma: array<f32>;
@group(0) @binding(2) var<storage, read> stats: array<vec2f>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;
@group(0) @binding(5) var<uniform> shape: Shape;

@compute @workgroup_size(sum_lanes)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = flat_group(group, groups);
  if (row >= shape.rows) { return; }
  let size = shape.channels_per_group * shape.spatial;
  let used = min(sum_lanes, size);
  let first = row * size;
  let channel = row % shape.groups * shape.channels_per_group;
  let mean = stats[row].x;
  let inverse = stats[row].y;
  var sums = vec2f(0.0);
  for (var i = lane; i < size; i += sum_lanes) {
    let g = dy[first + i] * gamma[channel + i / shape.spatial];
    let normalised = (x[first + i] - mean) * inverse;
    sums = fma(vec2f(g), vec2f(1.0, normalised), sums);
  }
  let means = workgroup_sum(lane, used, sums) / f32(size);
  for (var i = lane; i < size; i += sum_lanes) {
    let g = dy[first + i] * gamma[channel + i / shape.spatial];
    let normalised = (x[first + i] - mean) * inverse;
    let gradient = inverse * (g - select(0.0, means.x, centred) - normalised * means.y);
    if (accumulate) { dx[first + i] += gradient; } else { dx[first + i] = gradient; }
  }
}
