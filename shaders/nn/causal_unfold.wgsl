// y[b, t, s, c] = x[b, t - (kernel - 1) + s, c], and 0 before the beginning: for each position itself and what came just
// before, so that a product with a [kernel * width, outputs] matrix is a causal convolution over time.
// x [batch, positions, width]; y [batch, positions, kernel, width]
// Exact: numbers are moved.

struct Shape {
  length: u32,
  positions: u32,
  width: u32,
  kernel: u32,
}

override workgroup_size: u32 = 64u;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> shape: Shape;

@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, workgroup_size);
  if (i >= shape.length) { return; }
  let column = i % shape.width;
  let tap = i / shape.width % shape.kernel;
  let row = i / (shape.width * shape.kernel);
  let back = shape.kernel - 1u - tap;
  if (row % shape.positions < back) {
    y[i] = 0.0;
    return;
  }
  y[i] = x[(row - back) * shape.width + column];
}
