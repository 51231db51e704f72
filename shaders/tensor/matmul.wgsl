// y = epilogue(a b), or y += epilogue(a b) where `accumulate`; b is stored transposed where `transpose_b`.
// a [m, k]; b [k, n], or [n, k]; extra [n] bias, or [m, n] saved activation, unused with no epilogue; y [m, n]
// Stable as a plain dot product: float32 fused multiply–adds with k ascending, the same bits as matmul_tiled.
//
// An 8 × 8 tile an invocation, in registers, with no workgroup memory: best where barriers are expensive. Rows and
// columns past the edge are computed from clamped or neighbouring elements and never stored. Where a quad (lib/quads) has the
// same rows, its lanes read them for each other.

struct Shape {
  m: u32,
  n: u32,
  k: u32,
}

override workgroup_columns: u32 = 4u;
override workgroup_rows: u32 = 4u;
override transpose_b: bool = false;
override accumulate: bool = false;
// Whether rows of b begin at whole vectors, and lie along n.
override vector_b: bool = false;

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read> extra: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<uniform> shape: Shape;

fn b_at(i: u32) -> f32 { return b[i / 4u][i % 4u]; }
fn b_four(i: u32) -> vec4f {
  if (vector_b) { return b[i / 4u]; }
  return vec4f(b_at(i), b_at(i + 1u), b_at(i + 2u), b_at(i + 3u));
}

fn store(row: u32, column: u32, sum: f32) {
  if (column >= shape.n) { return; }
  let i = row * shape.n + column;
  let value = finish(sum, extra[extra_index(row, column, shape.n)]);
  if (accumulate) { y[i] += value; } else { y[i] = value; }
}

fn store_row(row: u32, column: u32, left: vec4f, right: vec4f) {
  store(row, column, left.x);
  store(row, column + 1u, left.y);
  store(row, column + 2u, left.z);
  store(row, column + 3u, left.w);
  store(row, column + 4u, right.x);
  store(row, column + 5u, right.y);
  store(row, column + 6u, right.z);
  store(row, column + 7u, right.w);
}

@compute @workgroup_size(workgroup_columns, workgroup_rows)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.y * 8u;
  let column = id.x * 8u;
  // A quad stays whole: its lanes past the last column still read.
  let together = quads && workgroup_columns == 4u;
  let corner = id.x % 4u;
  if (row >= shape.m || column - select(0u, 8u * corner, together) >= shape.n) { return; }
  let k = shape.k;
  let n = shape.n;
  // First elements of this tile's rows of a, those of them that this lane reads for its quad, and of b where it is transposed.
  let a_first = min(vec4u(row) + vec4u(0u, 1u, 2u, 3u), vec4u(shape.m - 1u)) * k;
  let a_last = min(vec4u(row) + vec4u(4u, 5u, 6u, 7u), vec4u(shape.m - 1u)) * k;
  let a_own = min(row + corner + vec2u(0u, 4u), vec2u(shape.m - 1u)) * k;
  let b_first = min(vec4u(column) + vec4u(0u, 1u, 2u, 3u), vec4u(n - 1u)) * k;
  let b_last = min(vec4u(column) + vec4u(4u, 5u, 6u, 7u), vec4u(n - 1u)) * k;
  var tile: Tile8;
  var i = column;
  // One term a turn: with four, so that a is read in vectors too, a CPU takes up to twice as long.
  for (var p = 0u; p < k; p++) {
    var upper: vec4f;
    var lower: vec4f;
    if (together) {
      upper = of_quad(a[a_own.x + p]);
      lower = of_quad(a[a_own.y + p]);
    } else {
      let f = a_first + p;
      let l = a_last + p;
      upper = vec4f(a[f.x], a[f.y], a[f.z], a[f.w]);
      lower = vec4f(a[l.x], a[l.y], a[l.z], a[l.w]);
    }
    if (transpose_b) {
      let c = b_first + p;
      let d = b_last + p;
      tile8_add(&tile, upper, lower, vec4f(b_at(c.x), b_at(c.y), b_at(c.z), b_at(c.w)), vec4f(b_at(d.x), b_at(d.y), b_at(d.z), b_at(d.w)));
    } else {
      tile8_add(&tile, upper, lower, b_four(i), b_four(i + 4u));
      i += n;
    }
  }
  // A loop, so that the epilogue is compiled eight times and not sixty-four. Not by tile8_rows, with which a step of
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
  for (var r = 0u; r < min(8u, shape.m - row); r++) {
    store_row(row + r, column, rows[2u * r], rows[2u * r + 1u]);
  }
}
