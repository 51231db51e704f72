// dx = (g - mean(g) - xn * mean(g * xn)) / sigma, with g = dy * gamma and xn = (x - mean) / sigma; means over the group.
// group_norm_gradient for a GPU, where what is read comes late: a lane asks for four numbers at once and keeps the first four.
// x, dy, dx [batch, channels, spatial]; gamma [channels]; stats [batch * groups, 2]: mean and 1 / sigma
// Without `centred` (RMS normalisation) mean(g) is left out.
// Stable: sums of order 1 only, since xn has variance 1; dx is replaced, or added to where `accumulate`.

struct Shape {
  rows: u32,
  groups: u32,
  channels_per_group: u32,
  spatial: u32,
  lanes: u32,
}

override accumulate: bool = false;
override centred: bool = true;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> gamma: array<f32>;
@group(0) @binding(2) var<storage, read> stats: array<vec2f>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;
@group(0) @binding(5) var<uniform> shape: Shape;

// Of places past the end of a group its last number is read, and not counted.
fn x_at(first: u32, at: vec4u, size: u32) -> vec4f {
  let own = first + min(at, vec4u(size - 1u));
  return vec4f(x[own.x], x[own.y], x[own.z], x[own.w]);
}

fn g_at(first: u32, channel: u32, at: vec4u, size: u32) -> vec4f {
  let within = min(at, vec4u(size - 1u));
  let own = first + within;
  let c = channel + within / shape.spatial;
  return vec4f(dy[own.x], dy[own.y], dy[own.z], dy[own.w]) * vec4f(gamma[c.x], gamma[c.y], gamma[c.z], gamma[c.w]);
}

// What the gradient is added to.
fn before_at(first: u32, at: vec4u, size: u32) -> vec4f {
  var before = vec4f(0.0);
  if (accumulate) {
    if (at.x < size) { before.x = dx[first + at.x]; }
    if (at.y < size) { before.y = dx[first + at.y]; }
    if (at.z < size) { before.z = dx[first + at.z]; }
    if (at.w < size) { before.w = dx[first + at.w]; }
  }
  return before;
}

// Σ g and Σ g·xn of four.
fn sums_of(g: vec4f, normalised: vec4f, at: vec4u, size: u32) -> vec2f {
  let own = select(vec4f(0.0), g, at < vec4u(size));
  let product = own * normalised;
  return vec2f((own.x + own.y) + (own.z + own.w), (product.x + product.y) + (product.z + product.w));
}

fn write(first: u32, at: vec4u, size: u32, result: vec4f) {
  if (at.x < size) { dx[first + at.x] = result.x; }
  if (at.y < size) { dx[first + at.y] = result.y; }
  if (at.z < size) { dx[first + at.z] = result.z; }
  if (at.w < size) { dx[first + at.w] = result.w; }
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
  let statistic = stats[row];
  let value = x_at(first, at, size);
  let g = g_at(first, channel, at, size);
  let before = before_at(first, at, size);
  let normalised = (value - statistic.x) * statistic.y;
  var sums = sums_of(g, normalised, at, size);
  for (var i = step; i < size; i += step) {
    let other = (x_at(first, at + i, size) - statistic.x) * statistic.y;
    sums += sums_of(g_at(first, channel, at + i, size), other, at + i, size);
  }
  let means = workgroup_sum(lane, shape.lanes, sums) / f32(size);
  let mean = select(0.0, means.x, centred);
  write(first, at, size, fma(vec4f(statistic.y), g - mean - normalised * means.y, before));
  for (var i = step; i < size; i += step) {
    let own = g_at(first, channel, at + i, size);
    let other = (x_at(first, at + i, size) - statistic.x) * statistic.y;
    let sum = before_at(first, at + i, size);
    write(first, at + i, size, fma(vec4f(statistic.y), own - mean - other * means.y, sum));
  }
}
