// y[r, c] = source[indices[r], c], and 0 where indices[r] is past the last row.
// indices [rows], source [source_rows, size], y [rows, size]
// Exact: words are moved as bits, so labels and flags pass as well as floats, and a NaN keeps its payload.

struct Shape {
  rows: u32,
  size: u32,
  source_rows: u32,
}

override workgroup_size: u32 = 64u;
// Whether rows are whole vectors.
override vector: bool = false;

@group(0) @binding(0) var<storage, read> indices: array<u32>;
@group(0) @binding(1) var<storage, read> source: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4u>;
@group(0) @binding(3) var<uniform> shape: Shape;

// Where part i of y comes from, of `size` parts a row.
fn place(i: u32, size: u32) -> u32 {
  let row = i / size;
  let from_row = indices[row];
  return select(NOWHERE, from_row * size + (i - row * size), from_row < shape.source_rows);
}

const NOWHERE = 0xffffffffu;

// An invocation writes a whole vector: components that several of them wrote would be a race.
@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, workgroup_size);
  let words = shape.rows * shape.size;
  if (4u * i >= words) { return; }
  if (vector) {
    let at = place(i, shape.size / 4u);
    y[i] = select(source[select(at, 0u, at == NOWHERE)], vec4u(), at == NOWHERE);
    return;
  }
  // What lies behind the last row stays.
  var found = y[i];
  for (var k = 0u; k < min(4u, words - 4u * i); k++) {
    let at = place(4u * i + k, shape.size);
    let word = select(at, 0u, at == NOWHERE);
    found[k] = select(source[word / 4u][word % 4u], 0u, at == NOWHERE);
  }
  y[i] = found;
}
