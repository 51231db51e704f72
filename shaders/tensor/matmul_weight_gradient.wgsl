// dw = a^T dy, and db = the column sums of dy where `bias`; both are added to where `accumulate`.
// a [m, k]; dy [m, n]; dw [k, n]; db [n], unused without `bias`
// Stable as a plain dot product: float32 fused multiply–adds with m ascending, the same bits as the tiled kernel.
//
// An 8 × 8 tile of dw an invocation, in registers, with no workgroup memory: best where barriers are expensive. Rows
// and columns past the edge are computed from neighbouring elements and never stored. Where a quad (lib/quads) has the
// same rows, its lanes read them for each other.

struct Shape {
  m: u32,
  k: u32,
  n: u32,
}

override workgroup_columns: u32 = 4u;
override workgroup_rows: u32 = 4u;
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

fn a_four(i: u32) -> vec4f {
  if (vector_a) { return a[i / 4u]; }
  return vec4f(a_at(i), a_at(i + 1u), a_at(i + 2u), a_at(i + 3u));
}
fn a_at(i: u32) -> f32 { return a[i / 4u][i % 4u]; }
fn dy_four(i: u32) -> vec4f {
  if (vector_dy) { return dy[i / 4u]; }
  return vec4f(dy_at(i), dy_at(i + 1u), dy_at(i + 2u), dy_at(i + 3u));
}
fn dy_at(i: u32) -> f32 { return dy[i / 4u][i % 4u]; }

fn store(row: u32, column: u32, sum: f32) {
  if (column >= shape.n) { return; }
  let i = row * shape.n + column;
  if (accumulate) { dw[i] += sum; } else { dw[i] = sum; }
}

fn store_row(row: u32, column: u32, left: vec4f, right: vec4f) {
  // Eight stores without a question each: where the sum is short, they are much of the work of a CPU.
  if (column + 8u <= shape.n) {
    let i = row * shape.n + column;
    if (accumulate) {
      dw[i] += left.x; dw[i + 1u] += left.y; dw[i + 2u] += left.z; dw[i + 3u] += left.w;
      dw[i + 4u] += right.x; dw[i + 5u] += right.y; dw[i + 6u] += right.z; dw[i + 7u] += right.w;
    } else {
      dw[i] = left.x; dw[i + 1u] = left.y; dw[i + 2u] = left.z; dw[i + 3u] = left.w;
      dw[i + 4u] = right.x; dw[i + 5u] = right.y; dw[i + 6u] = right.z; dw[i + 7u] = right.w;
    }
    return;
  }
  store(row, column, left.x);
  store(row, column + 1u, left.y);
  store(row, column + 2u, left.z);
  store(row, column + 3u, left.w);
  store(row, column + 4u, right.x);
  store(row, column + 5u, right.y);
  store(row, column + 6u, right.z);
  store(row, column + 7u, right.w);
}

fn store_bias(column: u32, sum: f32) {
  if (column >= shape.n) { return; }
  if (accumulate) { db[column] += sum; } else { db[column] = sum; }
}

@compute @workgroup_size(workgroup_columns, workgroup_rows)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.y * 8u;
  let column = id.x * 8u;
  // A quad stays whole: its lanes past the last column still read.
  let together = quads && workgroup_columns == 4u;
  let corner = id.x % 4u;
  if (row >= shape.k || column - select(0u, 8u * corner, together) >= shape.n) { return; }
  var tile: Tile8;
  // Every invocation sums its columns, which costs less than a branch; those of the first row store them.
  var left_sum = vec4f(0.0);
  var right_sum = vec4f(0.0);
  var i = row;
  var j = column;
  for (var p = 0u; p < shape.m; p++) {
    let left = dy_four(j);
    let right = dy_four(j + 4u);
    var upper: vec4f;
    var lower: vec4f;
    if (together) {
      upper = of_quad(a_at(i + corner));
      lower = of_quad(a_at(i + corner + 4u));
    } else {
      upper = a_four(i);
      lower = a_four(i + 4u);
    }
    tile8_add(&tile, upper, lower, left, right);
    if (bias) {
      left_sum += left;
      right_sum += right;
    }
    i += shape.k;
    j += shape.n;
  }
  // A loop, so that the stores are compiled eight times and not sixty-four. Not by tile8_rows, with which a step of
  // training took longer on a CPU.
  var rows = array<vec4f, 16>(
    tile.left0, tile.right0,
    tile.left1, tile.right1,
    tile.left2, tile.right2,
    tile.left3, tile.right3,
    tile.left4, tile.right4,
    tile.left5, tile.right5,
    tile.left6, tile.right6,
    tile.left7, tile.right7,
  );
  for (var r = 0u; r < min(8u, shape.k - row); r++) {
    store_row(row + r, column, rows[2u * r], rows[2u * r + 1u]);
  }
  if (bias && row == 0u) {
    store_bias(column, left_sum.x);
    store_bias(column + 1u, left_sum.y);
    store_bias(column + 2u, left_sum.z);
    store_bias(column + 3u, left_sum.w);
    store_bias(column + 4u, right_sum.x);
    store_bias(column + 5u, right_sum.y);
    store_bias(column + 6u, right_sum.z);
    store_bias(column + 7u, right_sum.w);
  }
}
