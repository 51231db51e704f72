// y = epilogue(sum over p of partial[p]), or y += epilogue(…) where `accumulate`: the second half of a product whose sum was split.
// partial [parts, m, n]; extra as in matmul; y [m, n]
// Stable: few parts in ascending order, so that a result is the same each time.

struct Shape {
  parts: u32,
  m: u32,
  n: u32,
}

override workgroup_size: u32 = 64u;
override accumulate: bool = false;

@group(0) @binding(0) var<storage, read> partial: array<f32>;
@group(0) @binding(1) var<storage, read> extra: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<uniform> shape: Shape;

@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, workgroup_size);
  let size = shape.m * shape.n;
  if (i >= size) { return; }
  var sum = 0.0;
  for (var p = 0u; p < shape.parts; p++) { sum += partial[p * size + i]; }
  let row = i / shape.n;
  let value = finish(sum, extra[extra_index(row, i - row * shape.n, shape.n)]);
  if (accumulate) { y[i] += value; } else { y[i] = value; }
}
