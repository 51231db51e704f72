// dx[b, i, h, w] = f'(x) * sum over o, r, s of dy[b, o, h + padding - r, w + padding - s] * weights[o, i, r, s]
// dy [batch, out_channels, out_height, out_width], weights [out_channels, in_channels, kernel, kernel],
// saved and dx [batch, in_channels, height, width]; saved is the activation's result (not read without one)
// Stable: one fma chain an element, o ascending, r and s descending, so that columns of dy ascend; zeros outside.
// A thread makes 4 channels by 4 columns; dx is replaced, or added to where `accumulate`.

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
}

override workgroup_size: u32 = 64u;
// 0 nothing, 1 derivative of relu, 2 of tanh
override epilogue: u32 = 0u;
override accumulate: bool = false;

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read> saved: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;
@group(0) @binding(4) var<uniform> shape: Shape;

// Columns left of 0 have wrapped around and are past the width too.
fn gradient_at(row: u32, column: u32) -> f32 {
  let inside = column < shape.out_width;
  return select(0.0, dy[row + select(0u, column, inside)], inside);
}

fn put(index: u32, sum: f32) {
  var value = sum;
  if (epilogue == 1u) { value = select(0.0, sum, saved[index] > 0.0); }
  if (epilogue == 2u) { value = sum * ((1.0 - saved[index]) * (1.0 + saved[index])); }
  if (accumulate) { dx[index] += value; } else { dx[index] = value; }
}

fn store(sum: vec4f, channel: u32, b: u32, h: u32, w: u32) {
  if (channel >= shape.in_channels) { return; }
  let first = ((b * shape.in_channels + channel) * shape.height + h) * shape.width + w;
  let columns = shape.width - w;
  put(first, sum.x);
  if (columns > 1u) { put(first + 1u, sum.y); }
  if (columns > 2u) { put(first + 2u, sum.z); }
  if (columns > 3u) { put(first + 3u, sum.w); }
}

@compute @workgroup_size(workgroup_size)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let channel_blocks = (shape.in_channels + 3u) / 4u;
  let column_blocks = (shape.width + 3u) / 4u;
  let block = flat_group(group, groups);
  let channel = block % channel_blocks * 4u;
  let place = block / channel_blocks * workgroup_size + lane;
  let w = place % column_blocks * 4u;
  let h = place / column_blocks % shape.height;
  let b = place / (column_blocks * shape.height);
  if (b >= shape.batch) { return; }
  let taps = shape.kernel * shape.kernel;
  let last = shape.in_channels - 1u;
  let w0 = channel * taps;
  let w1 = min(channel + 1u, last) * taps;
  let w2 = min(channel + 2u, last) * taps;
  let w3 = min(channel + 3u, last) * taps;
  var sum0 = vec4f(0.0);
  var sum1 = vec4f(0.0);
  var sum2 = vec4f(0.0);
  var sum3 = vec4f(0.0);
  for (var o = 0u; o < shape.out_channels; o++) {
    let plane = o * shape.in_channels * taps;
    for (var k = 0u; k < shape.kernel; k++) {
      let r = shape.kernel - 1u - k;
      let line = h + shape.padding - r;
      if (line >= shape.out_height) { continue; }
      let row = ((b * shape.out_channels + o) * shape.out_height + line) * shape.out_width;
      let left = w + shape.padding - (shape.kernel - 1u);
      var window = vec4f(0.0, gradient_at(row, left), gradient_at(row, left + 1u), gradient_at(row, left + 2u));
      for (var j = 0u; j < shape.kernel; j++) {
        window = vec4f(window.yzw, gradient_at(row, left + 3u + j));
        let tap = plane + r * shape.kernel + (shape.kernel - 1u - j);
        sum0 = fma(window, vec4f(weights[w0 + tap]), sum0);
        sum1 = fma(window, vec4f(weights[w1 + tap]), sum1);
        sum2 = fma(window, vec4f(weights[w2 + tap]), sum2);
        sum3 = fma(window, vec4f(weights[w3 + tap]), sum3);
      }
    }
  }
  store(sum0, channel, b, h, w);
  store(sum1, channel + 1u, b, h, w);
  store(sum2, channel + 2u, b, h, w);
  store(sum3, channel + 3u, b, h, w);
}
