// y = epilogue(a b), or y += epilogue(a b) where `accumulate`; b is stored transposed where `transpose_b`.
// a [m, k]; b [k, n], or [n, k]; extra [n] bias, or [m, n] saved activation, unused with no epilogue; y [m, n]
// Stable as a plain dot product: float32 fused multiply–adds with k ascending, the same bits as matmul.
//
// A workgroup makes a rectangle of y through workgroup memory (lib/matmul_slices): best on a GPU. The next slices are
// read while the present ones are multiplied. Where `split`, workgroups along z sum a part of the terms each, and y is
// [parts, m, n]: matmul_sum adds the parts and has the epilogue.

struct Shape {
  m: u32,
  n: u32,
  k: u32,
  // Terms of a part where the sum is split.
  terms: u32,
}

override transpose_b: bool = false;
// How lib/matmul_slices loads.
const rows_along: bool = true;
override columns_along: bool = transpose_b;
override accumulate: bool = false;
override split: bool = false;
// Whether rows of a, and of b as it is stored, begin at whole vectors.
override vector_a: bool = false;
override vector_b: bool = false;

@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read> extra: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<uniform> shape: Shape;

// Four of a at (row, p), …, (row, p + 3); zeros beyond the edges.
fn a_four(row: u32, p: u32) -> vec4f {
  if (row >= shape.m || p >= shape.k) { return vec4f(0.0); }
  let i = row * shape.k + p;
  if (vector_a) { return a[i / 4u]; }
  return vec4f(a_at(i), a_within(i + 1u, p + 1u), a_within(i + 2u, p + 2u), a_within(i + 3u, p + 3u));
}
fn a_at(i: u32) -> f32 { return a[i / 4u][i % 4u]; }
fn a_within(i: u32, p: u32) -> f32 { return select(0.0, a_at(i), p < shape.k); }

// Four of b as it is stored, from (row, column) along a row of `width`.
fn b_four(row: u32, column: u32, height: u32, width: u32) -> vec4f {
  if (row >= height || column >= width) { return vec4f(0.0); }
  let i = row * width + column;
  if (vector_b) { return b[i / 4u]; }
  let inside = vec3u(column + 1u, column + 2u, column + 3u) < vec3u(width);
  return vec4f(b_at(i), select(0.0, b_at(i + 1u), inside.x), select(0.0, b_at(i + 2u), inside.y), select(0.0, b_at(i + 3u), inside.z));
}
fn b_at(i: u32) -> f32 { return b[i / 4u][i % 4u]; }

fn row_four(term: u32, row: u32) -> vec4f { return a_four(row, term); }

fn column_four(term: u32, column: u32) -> vec4f {
  if (transpose_b) { return b_four(column, term, shape.n, shape.k); }
  return b_four(term, column, shape.k, shape.n);
}

// Where the part's own result begins in y.
var<private> first_of_part: u32 = 0u;

fn store(row: u32, column: u32, sum: f32) {
  if (column >= shape.n) { return; }
  var i = row * shape.n + column;
  if (split) { i += first_of_part; }
  let value = finish(sum, extra[extra_index(row, column, shape.n)]);
  if (accumulate) { y[i] += value; } else { y[i] = value; }
}

@compute @workgroup_size(side_x, side_y)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) id: vec3u) {
  let lane = id.y * side_x + id.x;
  let corner = vec2u(group.y * side_y * part_rows, group.x * side_x * part_columns);
  var tile: Tile8;
  let start = select(0u, group.z * shape.terms, split);
  let end = select(shape.k, min(shape.k, start + shape.terms), split);
  if (split) { first_of_part = group.z * shape.m * shape.n; }
  var next = load_next(lane, start, corner);
  for (var first = start; first < end; first += depth) {
    put_next(lane, next);
    workgroupBarrier();
    next = load_next(lane, first + depth, corner);
    multiply_slice(&tile, id.x, id.y);
    workgroupBarrier();
  }
  store_part(tile, id.x, id.y, corner, shape.m);
}
