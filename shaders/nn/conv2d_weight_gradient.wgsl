// partial[p, o, t] = sum over the rows of part p of dy[b, o, v, u] * x[b, i, v + r - padding, u + s - padding], where
// tap t = (i, r, s), and the last tap of each o is the bias, whose x is 1 everywhere.
// x [batch, in_channels, height, width], dy [batch, out_channels, out_height, out_width],
// partial [parts, out_channels, in_channels * kernel^2 + 1]; a row is one (b, v), a part is `rows_per_part` of them
// Stable: one fma chain a number, b, v, u ascending; parts are added by conv2d_weight_sum. Parts follow from the shape
// alone. A thread makes 8 output channels by 3 taps of one kernel row; the channels come from the workgroup, so that
// dy is read once for all its lanes, and x once a column.

struct Shape {
  batch: u32,
  in_channels: u32,
  height: u32,
  width: u32,
  out_channels: u32,
  out_height: u32,
  out_width: u32,
  kernel: u32,
  padding: u32,
  rows_per_part: u32,
}

override workgroup_size: u32 = 32u;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> partial: array<f32>;
@group(0) @binding(3) var<uniform> shape: Shape;

struct Taps {
  i: u32,
  r: u32,
  s: u32,
  bias: bool,
}

fn input_at(row: u32, column: u32, readable: bool) -> f32 {
  let inside = readable && column < shape.width;
  return select(0.0, x[select(0u, row + column, inside)], inside);
}

fn store(sum: vec3f, channel: u32, part: u32, taps: Taps) {
  if (channel >= shape.out_channels) { return; }
  let weights = shape.in_channels * shape.kernel * shape.kernel;
  let first = (part * shape.out_channels + channel) * (weights + 1u);
  if (taps.bias) {
    partial[first + weights] = sum.x;
    return;
  }
  let t = first + (taps.i * shape.kernel + taps.r) * shape.kernel + taps.s;
  partial[t] = sum.x;
  if (taps.s + 1u < shape.kernel) { partial[t + 1u] = sum.y; }
  if (taps.s + 2u < shape.kernel) { partial[t + 2u] = sum.z; }
}

@compute @workgroup_size(workgroup_size)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let thirds = (shape.kernel + 2u) / 3u;
  let tap_rows = shape.in_channels * shape.kernel * thirds;
  let channel_blocks = (shape.out_channels + 7u) / 8u;
  let lane_groups = tap_rows / workgroup_size + 1u;
  let block = flat_group(group, groups);
  let channel = block % channel_blocks * 8u;
  let tap_row = block / channel_blocks % lane_groups * workgroup_size + lane;
  let part = block / (channel_blocks * lane_groups);
  let rows = shape.batch * shape.out_height;
  let start = part * shape.rows_per_part;
  if (tap_row > tap_rows || start >= rows) { return; }
  let kernel_row = tap_row / thirds;
  let taps = Taps(
    kernel_row / shape.kernel,
    kernel_row % shape.kernel,
    tap_row % thirds * 3u,
    tap_row == tap_rows,
  );
  let last = shape.out_channels - 1u;
  let plane = shape.out_height * shape.out_width;
  var sum0 = vec3f(0.0);
  var sum1 = vec3f(0.0);
  var sum2 = vec3f(0.0);
  var sum3 = vec3f(0.0);
  var sum4 = vec3f(0.0);
  var sum5 = vec3f(0.0);
  var sum6 = vec3f(0.0);
  var sum7 = vec3f(0.0);
  for (var n = start; n < min(start + shape.rows_per_part, rows); n++) {
    let b = n / shape.out_height;
    let v = n % shape.out_height;
    let line = v + taps.r - shape.padding;
    let readable = line < shape.height && !taps.bias;
    let row = ((b * shape.in_channels + taps.i) * shape.height + line) * shape.width;
    let d = b * shape.out_channels * plane + v * shape.out_width;
    let d0 = d + channel * plane;
    let d1 = d + min(channel + 1u, last) * plane;
    let d2 = d + min(channel + 2u, last) * plane;
    let d3 = d + min(channel + 3u, last) * plane;
    let d4 = d + min(channel + 4u, last) * plane;
    let d5 = d + min(channel + 5u, last) * plane;
    let d6 = d + min(channel + 6u, last) * plane;
    let d7 = d + min(channel + 7u, last) * plane;
    let left = taps.s - shape.padding;
    var window = vec3f(0.0, input_at(row, left, readable), input_at(row, left + 1u, readable));
    for (var u = 0u; u < shape.out_width; u++) {
      window = vec3f(window.yz, input_at(row, left + 2u + u, readable));
      let pixels = select(window, vec3f(1.0), taps.bias);
      sum0 = fma(pixels, vec3f(dy[d0 + u]), sum0);
      sum1 = fma(pixels, vec3f(dy[d1 + u]), sum1);
      sum2 = fma(pixels, vec3f(dy[d2 + u]), sum2);
      sum3 = fma(pixels, vec3f(dy[d3 + u]), sum3);
      sum4 = fma(pixels, vec3f(dy[d4 + u]), sum4);
      sum5 = fma(pixels, vec3f(dy[d5 + u]), sum5);
      sum6 = fma(pixels, vec3f(dy[d6 + u]), sum6);
      sum7 = fma(pixels, vec3f(dy[d7 + u]), sum7);
    }
  }
  store(sum0, channel, part, taps);
  store(sum1, channel + 1u, part, taps);
  store(sum2, channel + 2u, part, taps);
  store(sum3, channel + 3u, part, taps);
  store(sum4, channel + 4u, part, taps);
  store(sum5, channel + 5u, part, taps);
  store(sum6, channel + 6u, part, taps);
  store(sum7, channel + 7u, part, taps);
}
