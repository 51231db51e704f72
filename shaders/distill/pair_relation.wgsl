// How each row of x relates to each row of y: their product, or the square of their distance.
//
//   DISTANCE 0: out[i, j] = x_i · y_j      DISTANCE 1: out[i, j] = ‖x_i − y_j‖²
//
// x [n, size], y [n, size], out [n, n]. One thread an element of out.
// Stable: a distance is summed from differences, never as ‖x‖² + ‖y‖² − 2x·y, which loses near neighbours.

struct Shape {
  n: u32,
  size: u32,
}

override WORKGROUP: u32 = 64u;
override DISTANCE: u32 = 0u;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<uniform> shape: Shape;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let at = flat_index(id, groups, WORKGROUP);
  if (at >= shape.n * shape.n) { return; }
  let first = (at / shape.n) * shape.size;
  let second = (at % shape.n) * shape.size;
  // Four interleaved runs, so that long rows lose fewer digits.
  var sums = vec4f(0.0);
  for (var c = 0u; c < shape.size; c++) {
    let a = x[first + c];
    let b = y[second + c];
    let difference = a - b;
    sums[c % 4u] = select(fma(a, b, sums[c % 4u]), fma(difference, difference, sums[c % 4u]), DISTANCE == 1u);
  }
  out[at] = (sums.x + sums.y) + (sums.z + sums.w);
}
