// y[r, c] = source[indices[r], c], and 0 where indices[r] is past the last row.
// indices [rows], source [source_rows, size], y [rows, size]
// Exact: words are moved as bits, so labels and flags pass as well as floats, and a NaN keeps its payload.

struct Shape {
  rows: u32,
  size: u32,
  source_rows: u32,
}

override workgroup_size: u32 = 64u;
// Whether rows are whole vectors. A vector an invocation then, else a word.
override vector: bool = false;

@group(0) @binding(0) var<storage, read> indices: array<u32>;
@group(0) @binding(1) var<storage, read> source: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4u>;
@group(0) @binding(3) var<uniform> shape: Shape;

@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, workgroup_size);
  let size = select(shape.size, shape.size / 4u, vector);
  if (i >= shape.rows * size) { return; }
  let row = i / size;
  let from_row = indices[row];
  let present = from_row < shape.source_rows;
  let place = select(0u, from_row * size + (i - row * size), present);
  if (vector) {
    y[i] = select(vec4u(), source[place], present);
  } else {
    y[i / 4u][i % 4u] = select(0u, source[place / 4u][place % 4u], present);
  }
}
