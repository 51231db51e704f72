// y[r, c] = source[indices[r], c], and 0 where indices[r] is past the last row.
// indices [rows], source [source_rows, size], y [rows, size]
// Exact: words are moved as bits, so labels and flags pass as well as floats, and a NaN keeps its payload.

struct Shape {
  rows: u32,
  size: u32,
  source_rows: u32,
}

override workgroup_size: u32 = 64u;

@group(0) @binding(0) var<storage, read> indices: array<u32>;
@group(0) @binding(1) var<storage, read> source: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;
@group(0) @binding(3) var<uniform> shape: Shape;

@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, workgroup_size);
  if (i >= shape.rows * shape.size) { return; }
  let row = i / shape.size;
  let from_row = indices[row];
  if (from_row >= shape.source_rows) {
    y[i] = 0u;
    return;
  }
  y[i] = source[from_row * shape.size + (i - row * shape.size)];
}
