// dw = a^T dy, and db = the column sums of dy where `bias`; both are added to where `accumulate`.
// a [m, k]; dy [m, n]; dw [k, n]; db [n], unused without `bias`
// Stable as a plain dot product: float32 fused multiply–adds with m ascending, the same bits as the untiled kernel.
//
// A workgroup makes a rectangle of dw through workgroup memory (lib/matmul_slices): best on a GPU. The next slices are
// read while the present ones are multiplied.

struct Shape {
  m: u32,
  k: u32,
  n: u32,
}

override bias: bool = false;
override accumulate: bool = false;
// Whether rows of a, and of dy, begin at whole vectors.
override vector_a: bool = false;
override vector_dy: bool = false;

@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dw: array<f32>;
@group(0) @binding(3) var<storage, read_write> db: array<f32>;
@group(0) @binding(4) var<uniform> shape: Shape;

// Four of a, and of dy, from element i; zeros where no terms are left.
fn row_four(i: u32, terms: i32) -> vec4f {
  if (terms <= 0) { return vec4f(0.0); }
  if (vector_a) { return a[i / 4u]; }
  return vec4f(a_at(i), a_at(i + 1u), a_at(i + 2u), a_at(i + 3u));
}
fn a_at(i: u32) -> f32 { return a[i / 4u][i % 4u]; }

fn column_four(i: u32, terms: i32) -> vec4f {
  if (terms <= 0) { return vec4f(0.0); }
  if (vector_dy) { return dy[i / 4u]; }
  return vec4f(dy_at(i), dy_at(i + 1u), dy_at(i + 2u), dy_at(i + 3u));
}
fn dy_at(i: u32) -> f32 { return dy[i / 4u][i % 4u]; }

fn store(row: u32, column: u32, sum: f32) {
  if (column >= shape.n) { return; }
  let i = row * shape.n + column;
  if (accumulate) { dw[i] += sum; } else { dw[i] = sum; }
}

fn store_bias(column: u32, sums: vec4f) {
  for (var c = 0u; c < min(4u, max(shape.n, column) - column); c++) {
    if (accumulate) { db[column + c] += sums[c]; } else { db[column + c] = sums[c]; }
  }
}

@compute @workgroup_size(side_x, side_y)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let part = part_of(lane);
  let corner = vec2u(group.y * side_y * part_rows, group.x * side_x * part_columns);
  let sums_bias = bias && group.y == 0u && part.y == 0u;
  var tile: Tile8;
  var left_bias = vec4f(0.0);
  var right_bias = vec4f(0.0);
  var cursor = cursor_at(lane, 0u, corner, shape.k, shape.n);
  var next = load_next(lane, cursor, shape.k, shape.n, i32(shape.m));
  for (var first = 0u; first < shape.m; first += depth) {
    put_rows(lane, next);
    put_columns(lane, next);
    workgroupBarrier();
    cursor.row += cursor.row_step;
    cursor.column += cursor.column_step;
    next = load_next(lane, cursor, shape.k, shape.n, i32(shape.m) - i32(first + depth));
    multiply_slice(&tile, part);
    if (sums_bias) {
      for (var p = 0u; p < depth; p++) {
        left_bias += columns_at(p, part.x);
        if (part_columns == 8u) { right_bias += columns_at(p, side_x + part.x); }
      }
    }
    workgroupBarrier();
  }
  store_part(tile, part.x, part.y, corner, shape.k);
  if (sums_bias) {
    store_bias(corner.y + part_column(part.x), left_bias);
    if (part_columns == 8u) { store_bias(corner.y + right_column(part.x), right_bias); }
  }
}
