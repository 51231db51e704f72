// dgamma[c] = sum dy * xn and dbeta[c] = sum dy over samples and positions, with xn = (x - mean) / sigma.
// group_norm_parameter_gradient for a GPU, where what is read comes late: few channels a workgroup, and a lane asks for eight
// of a channel's numbers at once.
// x, dy [batch, channels, spatial]; stats [batch * groups, 2]: mean and 1 / sigma; dgamma, dbeta [channels]
// Stable: lane l of a channel adds every lanes-th number in ascending order, then halves of the lanes are added to halves. Where
// there is one position a sample, neighbouring channels share a workgroup, so that lanes read neighbouring numbers.

struct Shape {
  batch: u32,
  channels: u32,
  channels_per_group: u32,
  spatial: u32,
  // `lanes` once more: a compiler that knew it would unroll the tree, which takes a CPU adapter seconds.
  all_lanes: u32,
}

override columns: u32 = 1u;
override lanes: u32 = 256u;
override accumulate: bool = false;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> stats: array<vec2f>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dgamma: array<f32>;
@group(0) @binding(4) var<storage, read_write> dbeta: array<f32>;
@group(0) @binding(5) var<uniform> shape: Shape;

var<workgroup> partials: array<vec2f, 256>;

// dy and xn of number n of channel c. Past the end, and of a channel past the last, the last is read, and dy counts as 0.
fn pair_at(n: u32, c: u32) -> vec2f {
  let count = shape.batch * shape.spatial;
  let channel = min(c, shape.channels - 1u);
  let own = min(n, count - 1u);
  let b = own / shape.spatial;
  let at = (b * shape.channels + channel) * shape.spatial + (own - b * shape.spatial);
  let statistic = stats[b * (shape.channels / shape.channels_per_group) + channel / shape.channels_per_group];
  return vec2f(select(0.0, dy[at], n < count), (x[at] - statistic.x) * statistic.y);
}

fn add_pair(pair: vec2f, sums: vec2f) -> vec2f {
  return fma(vec2f(pair.x), vec2f(pair.y, 1.0), sums);
}

@compute @workgroup_size(columns, lanes)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let c = flat_group(group, groups) * columns + local.x;
  let writes = local.y == 0u && c < shape.channels;
  var total = vec2f(0.0);
  if (accumulate && writes) { total = vec2f(dgamma[c], dbeta[c]); }
  var sums = vec2f(0.0);
  for (var n = local.y; n < shape.batch * shape.spatial; n += 8u * lanes) {
    let p0 = pair_at(n, c);
    let p1 = pair_at(n + lanes, c);
    let p2 = pair_at(n + 2u * lanes, c);
    let p3 = pair_at(n + 3u * lanes, c);
    let p4 = pair_at(n + 4u * lanes, c);
    let p5 = pair_at(n + 5u * lanes, c);
    let p6 = pair_at(n + 6u * lanes, c);
    let p7 = pair_at(n + 7u * lanes, c);
    sums = add_pair(p3, add_pair(p2, add_pair(p1, add_pair(p0, sums))));
    sums = add_pair(p7, add_pair(p6, add_pair(p5, add_pair(p4, sums))));
  }
  let at = local.y * columns + local.x;
  partials[at] = sums;
  workgroupBarrier();
  for (var half = shape.all_lanes / 2u; half > 0u; half /= 2u) {
    if (local.y < half) { partials[at] += partials[at + half * columns]; }
    workgroupBarrier();
  }
  if (!writes) { return; }
  total += partials[local.x];
  dgamma[c] = total.x;
  dbeta[c] = total.y;
}
