// y[b, o, v, u] = f( sum over i, r, s of x[b, i, v + r - padding, u + s - padding] * weights[o, i, r, s] + bias[o] )
// x [batch, in_channels, height, width], weights [out_channels, in_channels, kernel, kernel], bias [out_channels]
// (not read without one), y [batch, out_channels, out_height, out_width]; f is nothing, relu or tanh; stride 1
// Stable: one fma chain an output, i, r, s ascending, zeros outside the image. A thread makes 4 channels by 4 columns;
// channels come from the workgroup, so that weights are read once for all its lanes.

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
// 0 nothing, 1 bias, 2 bias and relu, 3 bias and tanh
override epilogue: u32 = 0u;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<uniform> shape: Shape;

// Columns left of 0 have wrapped around and are past the width too.
fn input_at(row: u32, column: u32) -> f32 {
  let inside = column < shape.width;
  return select(0.0, x[row + select(0u, column, inside)], inside);
}

fn finish(sum: vec4f, channel: u32) -> vec4f {
  if (epilogue == 0u) { return sum; }
  let z = sum + bias[channel];
  if (epilogue == 2u) { return select(z, vec4f(0.0), z <= vec4f(0.0)); }
  if (epilogue == 3u) { return vec4f(tanh_stable(z.x), tanh_stable(z.y), tanh_stable(z.z), tanh_stable(z.w)); }
  return z;
}

fn store(sum: vec4f, channel: u32, b: u32, v: u32, u: u32) {
  if (channel >= shape.out_channels) { return; }
  let value = finish(sum, channel);
  let first = ((b * shape.out_channels + channel) * shape.out_height + v) * shape.out_width + u;
  let columns = shape.out_width - u;
  y[first] = value.x;
  if (columns > 1u) { y[first + 1u] = value.y; }
  if (columns > 2u) { y[first + 2u] = value.z; }
  if (columns > 3u) { y[first + 3u] = value.w; }
}

@compute @workgroup_size(workgroup_size)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let channel_blocks = (shape.out_channels + 3u) / 4u;
  let column_blocks = (shape.out_width + 3u) / 4u;
  let block = flat_group(group, groups);
  let channel = block % channel_blocks * 4u;
  let place = block / channel_blocks * workgroup_size + lane;
  let u = place % column_blocks * 4u;
  let v = place / column_blocks % shape.out_height;
  let b = place / (column_blocks * shape.out_height);
  if (b >= shape.batch) { return; }
  let taps = shape.in_channels * shape.kernel * shape.kernel;
  let last = shape.out_channels - 1u;
  let w0 = channel * taps;
  let w1 = min(channel + 1u, last) * taps;
  let w2 = min(channel + 2u, last) * taps;
  let w3 = min(channel + 3u, last) * taps;
  var sum0 = vec4f(0.0);
  var sum1 = vec4f(0.0);
  var sum2 = vec4f(0.0);
  var sum3 = vec4f(0.0);
  for (var i = 0u; i < shape.in_channels; i++) {
    for (var r = 0u; r < shape.kernel; r++) {
      let line = v + r - shape.padding;
      if (line >= shape.height) { continue; }
      let row = ((b * shape.in_channels + i) * shape.height + line) * shape.width;
      let left = u - shape.padding;
      var window = vec4f(0.0, input_at(row, left), input_at(row, left + 1u), input_at(row, left + 2u));
      for (var s = 0u; s < shape.kernel; s++) {
        window = vec4f(window.yzw, input_at(row, left + 3u + s));
        let tap = (i * shape.kernel + r) * shape.kernel + s;
        sum0 = fma(window, vec4f(weights[w0 + tap]), sum0);
        sum1 = fma(window, vec4f(weights[w1 + tap]), sum1);
        sum2 = fma(window, vec4f(weights[w2 + tap]), sum2);
        sum3 = fma(window, vec4f(weights[w3 + tap]), sum3);
      }
    }
  }
  store(sum0, channel, b, v, u);
  store(sum1, channel + 1u, b, v, u);
  store(sum2, channel + 2u, b, v, u);
  store(sum3, channel + 3u, b, v, u);
}
