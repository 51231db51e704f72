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
// How lib/matmul_slices loads.
const rows_along: bool = false;
const columns_along: bool = false;
// Whether rows of a, and of dy, begin at whole vectors.
override vector_a: bool = false;
override vector_dy: bool = false;

@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dw: array<f32>;
@group(0) @binding(3) var<storage, read_write> db: array<f32>;
@group(0) @binding(4) var<uniform> shape: Shape;

fn a_at(i: u32) -> f32 { return a[i / 4u][i % 4u]; }
fn dy_at(i: u32) -> f32 { return dy[i / 4u][i % 4u]; }

// Four of row p of a, or of dy, from the column; zeros beyond the edges.
fn a_four(p: u32, column: u32) -> vec4f {
  if (p >= shape.m || column >= shape.k) { return vec4f(0.0); }
  let i = p * shape.k + column;
  if (vector_a) { return a[i / 4u]; }
  let inside = vec3u(column + 1u, column + 2u, column + 3u) < vec3u(shape.k);
  return vec4f(a_at(i), select(0.0, a_at(i + 1u), inside.x), select(0.0, a_at(i + 2u), inside.y), select(0.0, a_at(i + 3u), inside.z));
}

fn dy_four(p: u32, column: u32) -> vec4f {
  if (p >= shape.m || column >= shape.n) { return vec4f(0.0); }
  let i = p * shape.n + column;
  if (vector_dy) { return dy[i / 4u]; }
  let inside = vec3u(column + 1u, column + 2u, column + 3u) < vec3u(shape.n);
  return vec4f(dy_at(i), select(0.0, dy_at(i + 1u), inside.x), select(0.0, dy_at(i + 2u), inside.y), select(0.0, dy_at(i + 3u), inside.z));
}

fn row_four(term: u32, row: u32) -> vec4f { return a_four(term, row); }
fn column_four(term: u32, column: u32) -> vec4f { return dy_four(term, column); }

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
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) id: vec3u) {
  let lane = id.y * side_x + id.x;
  let corner = vec2u(group.y * side_y * part_rows, group.x * side_x * part_columns);
  let sums_bias = bias && group.y == 0u && id.y == 0u;
  var tile: Tile8;
  var left_bias = vec4f(0.0);
  var right_bias = vec4f(0.0);
  var next = load_next(lane, 0u, corner);
  for (var first = 0u; first < shape.m; first += depth) {
    put_next(lane, next);
    workgroupBarrier();
    next = load_next(lane, first + depth, corner);
    multiply_slice(&tile, id.x, id.y);
    if (sums_bias) {
      for (var p = 0u; p < depth; p++) {
        left_bias += column_slice[p * column_vectors + id.x];
        if (part_columns == 8u) { right_bias += column_slice[p * column_vectors + side_x + id.x]; }
      }
    }
    workgroupBarrier();
  }
  store_part(tile, id.x, id.y, corner, shape.k);
  if (sums_bias) {
    store_bias(corner.y + part_column(id.x), left_bias);
    if (part_columns == 8u) { store_bias(corner.y + right_column(id.x), right_bias); }
  }
}
