// dgamma[c] = sum dy * xn and dbeta[c] = sum dy over samples and positions, with xn = (x - mean) / sigma.
// x, dy [batch, channels, spatial]; stats [batch * groups, 2]: mean and 1 / sigma; dgamma, dbeta [channels]
// Stable: 256 / columns partial sums a channel, added in ascending order. Where there is one position a sample, 16
// neighbouring channels share a workgroup, so that lanes read neighbouring numbers.

struct Shape {
  batch: u32,
  channels: u32,
  channels_per_group: u32,
  spatial: u32,
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

@compute @workgroup_size(columns, lanes)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let c = flat_group(group, groups) * columns + local.x;
  var sums = vec2f(0.0);
  if (c < shape.channels) {
    let norm_groups = shape.channels / shape.channels_per_group;
    let norm_group = c / shape.channels_per_group;
    for (var n = local.y; n < shape.batch * shape.spatial; n += lanes) {
      let b = n / shape.spatial;
      let at = (b * shape.channels + c) * shape.spatial + (n - b * shape.spatial);
      let statistic = stats[b * norm_groups + norm_group];
      sums = fma(vec2f(dy[at]), vec2f((x[at] - statistic.x) * statistic.y, 1.0), sums);
    }
  }
  partials[local.y * columns + local.x] = sums;
  workgroupBarrier();
  if (local.y != 0u || c >= shape.channels) { return; }
  var total = vec2f(0.0);
  for (var lane = 0u; lane < lanes; lane++) { total += partials[lane * columns + local.x]; }
  if (accumulate) {
    dgamma[c] += total.x;
    dbeta[c] += total.y;
  } else {
    dgamma[c] = total.x;
    dbeta[c] = total.y;
  }
}
