// y = epilogue(a b), or y += epilogue(a b) where `accumulate`; b is stored transposed where `columns_along`.
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

// Four of a, and of b, from element i; zeros where no terms are left.
fn row_four(i: u32, terms: i32) -> vec4f {
  if (terms <= 0) { return vec4f(0.0); }
  if (vector_a) { return a[i / 4u]; }
  return four_of(rows_along, vec4f(a_at(i), a_at(i + 1u), a_at(i + 2u), a_at(i + 3u)), terms);
}
fn a_at(i: u32) -> f32 { return a[i / 4u][i % 4u]; }

fn column_four(i: u32, terms: i32) -> vec4f {
  if (terms <= 0) { return vec4f(0.0); }
  if (vector_b) { return b[i / 4u]; }
  return four_of(columns_along, vec4f(b_at(i), b_at(i + 1u), b_at(i + 2u), b_at(i + 3u)), terms);
}
fn b_at(i: u32) -> f32 { return b[i / 4u][i % 4u]; }

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
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let part = part_of(lane);
  let corner = vec2u(group.y * side_y * part_rows, group.x * side_x * part_columns);
  let b_width = select(shape.n, shape.k, columns_along);
  let start = select(0u, group.z * shape.terms, split);
  let end = select(shape.k, min(shape.k, start + shape.terms), split);
  if (split) { first_of_part = group.z * shape.m * shape.n; }
  var tile: Tile8;
  var cursor = cursor_at(lane, start, corner, shape.k, b_width);
  var next = load_next(lane, cursor, shape.k, b_width, i32(end) - i32(start));
  for (var first = start; first < end; first += depth) {
    put_rows(lane, next);
    put_columns(lane, next);
    workgroupBarrier();
    cursor.row += cursor.row_step;
    cursor.column += cursor.column_step;
    next = load_next(lane, cursor, shape.k, b_width, i32(end) - i32(first + depth));
    multiply_slice(&tile, part);
    workgroupBarrier();
  }
  store_part(tile, part.x, part.y, corner, shape.m);
}
