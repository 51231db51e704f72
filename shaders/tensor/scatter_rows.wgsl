// y[indices[r], c] = x[r, c]; a row whose index is past the last target row is left out.
// indices [rows], x [rows, size], y [target_rows, size]
// Exact: words are moved as bits. Indices must differ, or which of the rows stays is undefined.

struct Shape {
  rows: u32,
  size: u32,
  target_rows: u32,
}

override workgroup_size: u32 = 64u;

@group(0) @binding(0) var<storage, read> indices: array<u32>;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;
@group(0) @binding(3) var<uniform> shape: Shape;

@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, workgroup_size);
  if (i >= shape.rows * shape.size) { return; }
  let row = i / shape.size;
  let to_row = indices[row];
  if (to_row >= shape.target_rows) { return; }
  y[to_row * shape.size + (i - row * shape.size)] = x[i];
}
