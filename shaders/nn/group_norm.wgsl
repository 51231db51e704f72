// y = (x - mean) / sqrt(variance + epsilon) * gamma + beta, statistics over each sample's group of channels.
// x, y [batch, channels, spatial]; gamma, beta [channels]; stats [batch * groups, 2]: mean and 1 / sigma
// Layer normalisation of rows is the case of one group and spatial = 1. Without `centred` (RMS normalisation) the mean
// counts as 0 and nothing is added after gamma.
// Stable: the mean is subtracted before squares are summed, in a sweep of its own. One workgroup for each group.

struct Shape {
  rows: u32,
  groups: u32,
  channels_per_group: u32,
  spatial: u32,
}

override epsilon: f32 = 1e-5;
override centred: bool = true;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> gamma: array<f32>;
@group(0) @binding(2) var<storage, read> beta: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read_write> stats: array<vec2f>;
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
  var mean = 0.0;
  if (centred) {
    var sum = 0.0;
    for (var i = lane; i < size; i += sum_lanes) { sum += x[first + i]; }
    mean = workgroup_sum(lane, used, vec2f(sum, 0.0)).x / f32(size);
  }
  var squares = 0.0;
  for (var i = lane; i < size; i += sum_lanes) {
    let difference = x[first + i] - mean;
    squares = fma(difference, difference, squares);
  }
  let variance = workgroup_sum(lane, used, vec2f(squares, 0.0)).x / f32(size);
  let inverse = 1.0 / sqrt(variance + epsilon);
  let channel = row % shape.groups * shape.channels_per_group;
  for (var i = lane; i < size; i += sum_lanes) {
    let c = channel + i / shape.spatial;
    y[first + i] = fma((x[first + i] - mean) * inverse, gamma[c], select(0.0, beta[c], centred));
  }
  if (lane == 0u) { stats[row] = vec2f(mean, inverse); }
}
