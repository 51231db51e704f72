// y = epilogue(a b), or y += epilogue(a b) where `accumulate`; b is stored transposed where `transpose_b`.
// a [m, k]; b [k, n], or [n, k]; extra [n] bias, or [m, n] saved activation, unused with no epilogue; y [m, n]
// Stable as a plain dot product: float32 fused multiply–adds with k ascending, the same bits as matmul.
//
// A workgroup of side × side invocations makes a square of y, 4 × 4 elements each, from slices of a and b in workgroup
// memory: best on a GPU. The slices are padded with zeros, which change no bit of a sum that began at +0.

struct Shape {
  m: u32,
  n: u32,
  k: u32,
}

// Invocations along each side, and the terms in a slice.
override side: u32 = 16u;
override depth: u32 = 16u;
override transpose_b: bool = false;
override accumulate: bool = false;
// Whether rows of b begin at whole vectors.
override vector_b: bool = false;

@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read> extra: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<uniform> shape: Shape;

// [depth, side]: four rows of a, or four columns of b, at one term.
var<workgroup> a_slice: array<vec4f, side * depth>;
var<workgroup> b_slice: array<vec4f, side * depth>;

fn a_at(row: u32, p: u32) -> f32 {
  if (row >= shape.m || p >= shape.k) { return 0.0; }
  let i = row * shape.k + p;
  return a[i / 4u][i % 4u];
}

// The element of the product's b at (p, column), wherever it is stored.
fn b_at(p: u32, column: u32) -> f32 {
  if (p >= shape.k || column >= shape.n) { return 0.0; }
  let i = select(p * shape.n + column, column * shape.k + p, transpose_b);
  return b[i / 4u][i % 4u];
}

fn b_four(p: u32, column: u32) -> vec4f {
  if (vector_b && !transpose_b) {
    if (p >= shape.k || column >= shape.n) { return vec4f(0.0); }
    return b[(p * shape.n + column) / 4u];
  }
  return vec4f(b_at(p, column), b_at(p, column + 1u), b_at(p, column + 2u), b_at(p, column + 3u));
}

fn store_row(row: u32, column: u32, sums: vec4f) {
  if (row >= shape.m) { return; }
  store(row, column, sums.x);
  store(row, column + 1u, sums.y);
  store(row, column + 2u, sums.z);
  store(row, column + 3u, sums.w);
}

fn store(row: u32, column: u32, sum: f32) {
  if (column >= shape.n) { return; }
  let i = row * shape.n + column;
  let value = finish(sum, extra[extra_index(row, column, shape.n)]);
  if (accumulate) { y[i] += value; } else { y[i] = value; }
}

@compute @workgroup_size(side, side)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) id: vec3u) {
  let lane = id.y * side + id.x;
  let first_row = group.y * side * 4u;
  let first_column = group.x * side * 4u;
  var sums0 = vec4f(0.0);
  var sums1 = vec4f(0.0);
  var sums2 = vec4f(0.0);
  var sums3 = vec4f(0.0);
  for (var first = 0u; first < shape.k; first += depth) {
    for (var i = lane; i < side * depth; i += side * side) {
      // Neighbouring invocations read neighbouring elements: along the terms where these are contiguous.
      let term = i % depth;
      let row = first_row + i / depth * 4u;
      let p = first + term;
      a_slice[term * side + i / depth] = vec4f(a_at(row, p), a_at(row + 1u, p), a_at(row + 2u, p), a_at(row + 3u, p));
      if (transpose_b) {
        b_slice[term * side + i / depth] = b_four(p, first_column + i / depth * 4u);
      } else {
        b_slice[i] = b_four(first + i / side, first_column + i % side * 4u);
      }
    }
    workgroupBarrier();
    for (var p = 0u; p < depth; p++) {
      let rows = a_slice[p * side + id.y];
      let columns = b_slice[p * side + id.x];
      sums0 = fma(rows.xxxx, columns, sums0);
      sums1 = fma(rows.yyyy, columns, sums1);
      sums2 = fma(rows.zzzz, columns, sums2);
      sums3 = fma(rows.wwww, columns, sums3);
    }
    workgroupBarrier();
  }
  let row = first_row + id.y * 4u;
  let column = first_column + id.x * 4u;
  store_row(row, column, sums0);
  store_row(row + 1u, column, sums1);
  store_row(row + 2u, column, sums2);
  store_row(row + 3u, column, sums3);
}
