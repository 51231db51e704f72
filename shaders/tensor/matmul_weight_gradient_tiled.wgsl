// dw = a^T dy, and db = the column sums of dy where `bias`; both are added to where `accumulate`.
// a [m, k]; dy [m, n]; dw [k, n]; db [n], unused without `bias`
// Stable as a plain dot product: float32 fused multiply–adds with m ascending, the same bits as the untiled kernel.
//
// A workgroup of side × side invocations makes a square of dw, 4 × 4 elements each, from slices of a and dy in
// workgroup memory: best on a GPU. The slices are padded with zeros, which change no bit of a sum that began at +0.

struct Shape {
  m: u32,
  k: u32,
  n: u32,
}

// Invocations along each side, and the rows of a and dy in a slice.
override side: u32 = 16u;
override depth: u32 = 16u;
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

// [depth, side]: four columns of a, and of dy, at one row.
var<workgroup> a_slice: array<vec4f, side * depth>;
var<workgroup> dy_slice: array<vec4f, side * depth>;

fn a_at(p: u32, column: u32) -> f32 {
  if (p >= shape.m || column >= shape.k) { return 0.0; }
  let i = p * shape.k + column;
  return a[i / 4u][i % 4u];
}

fn a_four(p: u32, column: u32) -> vec4f {
  if (vector_a) {
    if (p >= shape.m || column >= shape.k) { return vec4f(0.0); }
    return a[(p * shape.k + column) / 4u];
  }
  return vec4f(a_at(p, column), a_at(p, column + 1u), a_at(p, column + 2u), a_at(p, column + 3u));
}

fn dy_at(p: u32, column: u32) -> f32 {
  if (p >= shape.m || column >= shape.n) { return 0.0; }
  let i = p * shape.n + column;
  return dy[i / 4u][i % 4u];
}

fn dy_four(p: u32, column: u32) -> vec4f {
  if (vector_dy) {
    if (p >= shape.m || column >= shape.n) { return vec4f(0.0); }
    return dy[(p * shape.n + column) / 4u];
  }
  return vec4f(dy_at(p, column), dy_at(p, column + 1u), dy_at(p, column + 2u), dy_at(p, column + 3u));
}

fn store_row(row: u32, column: u32, sums: vec4f) {
  if (row >= shape.k) { return; }
  store(row, column, sums.x);
  store(row, column + 1u, sums.y);
  store(row, column + 2u, sums.z);
  store(row, column + 3u, sums.w);
}

fn store(row: u32, column: u32, sum: f32) {
  if (column >= shape.n) { return; }
  let i = row * shape.n + column;
  if (accumulate) { dw[i] += sum; } else { dw[i] = sum; }
}

fn store_bias(column: u32, sum: f32) {
  if (column >= shape.n) { return; }
  if (accumulate) { db[column] += sum; } else { db[column] = sum; }
}

@compute @workgroup_size(side, side)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) id: vec3u) {
  let lane = id.y * side + id.x;
  let first_row = group.y * side * 4u;
  let first_column = group.x * side * 4u;
  let sums_bias = bias && group.y == 0u && id.y == 0u;
  var sums0 = vec4f(0.0);
  var sums1 = vec4f(0.0);
  var sums2 = vec4f(0.0);
  var sums3 = vec4f(0.0);
  var bias_sums = vec4f(0.0);
  for (var first = 0u; first < shape.m; first += depth) {
    for (var i = lane; i < side * depth; i += side * side) {
      let p = first + i / side;
      a_slice[i] = a_four(p, first_row + i % side * 4u);
      dy_slice[i] = dy_four(p, first_column + i % side * 4u);
    }
    workgroupBarrier();
    for (var p = 0u; p < depth; p++) {
      let rows = a_slice[p * side + id.y];
      let columns = dy_slice[p * side + id.x];
      sums0 = fma(rows.xxxx, columns, sums0);
      sums1 = fma(rows.yyyy, columns, sums1);
      sums2 = fma(rows.zzzz, columns, sums2);
      sums3 = fma(rows.wwww, columns, sums3);
      if (sums_bias) { bias_sums += columns; }
    }
    workgroupBarrier();
  }
  let row = first_row + id.y * 4u;
  let column = first_column + id.x * 4u;
  store_row(row, column, sums0);
  store_row(row + 1u, column, sums1);
  store_row(row + 2u, column, sums2);
  store_row(row + 3u, column, sums3);
  if (sums_bias) {
    store_bias(column, bias_sums.x);
    store_bias(column + 1u, bias_sums.y);
    store_bias(column + 2u, bias_sums.z);
    store_bias(column + 3u, bias_sums.w);
  }
}
