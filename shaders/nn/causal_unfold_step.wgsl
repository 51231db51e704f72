// y[b, s, c] = x[b, place[b] - (kernel - 1) + s, c], and 0 before the beginning: causal_unfold.wgsl for one new position a
// sequence, over all that came before.
// x [batch, positions, width]; place [batch]; y [batch, kernel, width]
// Exact: numbers are moved.

struct Shape {
  length: u32,
  positions: u32,
  width: u32,
  kernel: u32,
}

override workgroup_size: u32 = 64u;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> place: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<uniform> shape: Shape;

@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, workgroup_size);
  if (i >= shape.length) { return; }
  let column = i % shape.width;
  let back = shape.kernel - 1u - i / shape.width % shape.kernel;
  let sample = i / (shape.width * shape.kernel);
  let own = min(place[sample], shape.positions - 1u);
  if (own < back) {
    y[i] = 0.0;
    return;
  }
  y[i] = x[(sample * shape.positions + own - back) * shape.width + column];
}
