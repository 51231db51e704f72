// y[p, v, u] = max or mean of x[p, 2v..2v+1, 2u..2u+1]; an odd last line or column is left out.
// x [planes, height, width], y [planes, height / 2, width / 2], planes = batch * channels
// Stable: a mean of four numbers, added in pairs. A maximum may lose a NaN, as WGSL's max may.

struct Shape {
  planes: u32,
  height: u32,
  width: u32,
}

override workgroup_size: u32 = 64u;
override average: bool = false;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> shape: Shape;

@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, workgroup_size);
  let out_width = shape.width / 2u;
  let out_height = shape.height / 2u;
  if (i >= shape.planes * out_height * out_width) { return; }
  let line = i / out_width;
  let plane = line / out_height;
  let u = i - line * out_width;
  let v = line - plane * out_height;
  let first = (plane * shape.height + 2u * v) * shape.width + 2u * u;
  let a = x[first];
  let b = x[first + 1u];
  let c = x[first + shape.width];
  let d = x[first + shape.width + 1u];
  y[i] = select(max(max(a, b), max(c, d)), ((a + b) + (c + d)) * 0.25, average);
}
