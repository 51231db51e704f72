// dweights[o, t] = sum over p of partial[p, o, t], and dbias[o] that of the last tap: the second half of a weight gradient.
// partial [parts, out_channels, taps + 1], dweights [out_channels, taps], dbias [out_channels]
// Stable: at most 256 parts in ascending order; results are replaced, or added to where `accumulate`.

struct Shape {
  parts: u32,
  out_channels: u32,
  taps: u32,
}

override workgroup_size: u32 = 64u;
override accumulate: bool = false;

@group(0) @binding(0) var<storage, read> partial: array<f32>;
@group(0) @binding(1) var<storage, read_write> dweights: array<f32>;
@group(0) @binding(2) var<storage, read_write> dbias: array<f32>;
@group(0) @binding(3) var<uniform> shape: Shape;

@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, workgroup_size);
  let size = shape.out_channels * (shape.taps + 1u);
  if (i >= size) { return; }
  var sum = 0.0;
  for (var p = 0u; p < shape.parts; p++) { sum += partial[p * size + i]; }
  let o = i / (shape.taps + 1u);
  let tap = i - o * (shape.taps + 1u);
  if (tap == shape.taps) {
    if (accumulate) { dbias[o] += sum; } else { dbias[o] = sum; }
    return;
  }
  let at = o * shape.taps + tap;
  if (accumulate) { dweights[at] += sum; } else { dweights[at] = sum; }
}
