// dx of each 2 x 2 window: dy where x is the window's first maximum (in reading order), or dy / 4 everywhere; times
// f'(x) where x is the result of an activation.
// x, dx [planes, height, width], dy [planes, height / 2, width / 2], planes = batch * channels
// Stable: windows do not overlap, so nothing is summed; an odd last line or column gets 0. A thread owns one window,
// and the cut-off ones at the edge. dx is replaced, or added to where `accumulate`.

struct Shape {
  planes: u32,
  height: u32,
  width: u32,
}

override workgroup_size: u32 = 64u;
override average: bool = false;
// 0 nothing, 1 derivative of relu, 2 of tanh
override epilogue: u32 = 0u;
override accumulate: bool = false;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;
@group(0) @binding(3) var<uniform> shape: Shape;

fn put(index: u32, saved: f32, gradient: f32) {
  var value = gradient;
  if (epilogue == 1u) { value = select(0.0, gradient, saved > 0.0); }
  if (epilogue == 2u) { value = gradient * ((1.0 - saved) * (1.0 + saved)); }
  if (accumulate) { dx[index] += value; } else { dx[index] = value; }
}

@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, workgroup_size);
  let out_width = shape.width / 2u;
  let out_height = shape.height / 2u;
  let columns = (shape.width + 1u) / 2u;
  let lines = (shape.height + 1u) / 2u;
  if (i >= shape.planes * lines * columns) { return; }
  let line = i / columns;
  let plane = line / lines;
  let u = i - line * columns;
  let v = line - plane * lines;
  let first = (plane * shape.height + 2u * v) * shape.width + 2u * u;
  let below = first + shape.width;
  if (u < out_width && v < out_height) {
    let g = dy[(plane * out_height + v) * out_width + u];
    let a = x[first];
    let b = x[first + 1u];
    let c = x[below];
    let d = x[below + 1u];
    let top = max(max(a, b), max(c, d));
    let chosen = select(select(select(3u, 2u, c == top), 1u, b == top), 0u, a == top);
    let shares = select(select(vec4f(0.0), vec4f(g), vec4u(0u, 1u, 2u, 3u) == vec4u(chosen)), vec4f(0.25 * g), average);
    put(first, a, shares.x);
    put(first + 1u, b, shares.y);
    put(below, c, shares.z);
    put(below + 1u, d, shares.w);
    return;
  }
  if (accumulate) { return; }
  dx[first] = 0.0;
  if (2u * u + 1u < shape.width) { dx[first + 1u] = 0.0; }
  if (2u * v + 1u < shape.height) { dx[below] = 0.0; }
}
