// y = (x - mean) / sqrt(variance + epsilon) * gamma + beta, statistics over each sample's group of channels: group_norm for
// a GPU, where what is read comes late, so that a lane asks for four numbers at once and keeps the first four.
// x, y [batch, channels, spatial]; gamma, beta [channels]; stats [batch * groups, 2]: mean and 1 / sigma
// Layer normalisation of rows is the case of one group and spatial = 1. Without `centred` (RMS normalisation) the mean
// counts as 0 and nothing is added after gamma.
// Stable: the mean is subtracted before squares are summed, in a sweep of its own. One workgroup for each group.

struct Shape {
  rows: u32,
  groups: u32,
  channels_per_group: u32,
  spatial: u32,
  lanes: u32,
}

override epsilon: f32 = 1e-5;
override centred: bool = true;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> gamma: array<f32>;
@group(0) @binding(2) var<storage, read> beta: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read_write> stats: array<vec2f>;
@group(0) @binding(5) var<uniform> shape: Shape;

// Of places past the end of a group its last number is read, and not counted.
fn x_at(first: u32, at: vec4u, size: u32) -> vec4f {
  let own = first + min(at, vec4u(size - 1u));
  return vec4f(x[own.x], x[own.y], x[own.z], x[own.w]);
}

// Gain and offset of each.
fn affine_at(channel: u32, at: vec4u, size: u32) -> mat2x4f {
  let c = channel + min(at, vec4u(size - 1u)) / shape.spatial;
  let gain = vec4f(gamma[c.x], gamma[c.y], gamma[c.z], gamma[c.w]);
  if (!centred) { return mat2x4f(gain, vec4f(0.0)); }
  return mat2x4f(gain, vec4f(beta[c.x], beta[c.y], beta[c.z], beta[c.w]));
}

fn sum_of(value: vec4f, at: vec4u, size: u32) -> f32 {
  let own = select(vec4f(0.0), value, at < vec4u(size));
  return (own.x + own.y) + (own.z + own.w);
}

fn write(first: u32, at: vec4u, size: u32, normalised: vec4f, affine: mat2x4f) {
  let result = fma(normalised, affine[0], affine[1]);
  if (at.x < size) { y[first + at.x] = result.x; }
  if (at.y < size) { y[first + at.y] = result.y; }
  if (at.z < size) { y[first + at.z] = result.z; }
  if (at.w < size) { y[first + at.w] = result.w; }
}

@compute @workgroup_size(sum_lanes)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = flat_group(group, groups);
  if (row >= shape.rows) { return; }
  let size = shape.channels_per_group * shape.spatial;
  let first = row * size;
  let channel = row % shape.groups * shape.channels_per_group;
  let step = 4u * sum_lanes;
  let at = vec4u(0u, 1u, 2u, 3u) * sum_lanes + lane;
  let kept = x_at(first, at, size);
  let affine = affine_at(channel, at, size);
  var mean = 0.0;
  if (centred) {
    var sum = sum_of(kept, at, size);
    for (var i = step; i < size; i += step) { sum += sum_of(x_at(first, at + i, size), at + i, size); }
    mean = workgroup_sum(lane, shape.lanes, vec2f(sum, 0.0)).x / f32(size);
  }
  let difference = kept - mean;
  var squares = sum_of(difference * difference, at, size);
  for (var i = step; i < size; i += step) {
    let other = x_at(first, at + i, size) - mean;
    squares += sum_of(other * other, at + i, size);
  }
  let variance = workgroup_sum(lane, shape.lanes, vec2f(squares, 0.0)).x / f32(size);
  let inverse = 1.0 / sqrt(variance + epsilon);
  write(first, at, size, difference * inverse, affine);
  for (var i = step; i < size; i += step) {
    let normalised = (x_at(first, at + i, size) - mean) * inverse;
    write(first, at + i, size, normalised, affine_at(channel, at + i, size));
  }
  if (lane == 0u) { stats[row] = vec2f(mean, inverse); }
}
