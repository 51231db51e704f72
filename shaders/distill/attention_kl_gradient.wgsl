// From the slopes of attention_kl by the scores x_i y_j / sqrt(width) to the gradient at what the scores were made of:
//
//   SIDE 0: dx_i = sum over j <= i of S_ij y_j / sqrt(width)
//   SIDE 1: dy_j = sum over i >= j of S_ij x_i / sqrt(width), over the heads of x that share a head of y
//   SIDE 2: both, where x and y are one tensor (values with values)
//
// slopes [rows, heads, positions]; x [rows, heads, width]; y [rows, kv_heads, width]; the gradient as x or y, replaced, or
// added to where ACCUMULATE; stats [rows, 16], to whose number 15 goes the squared norm. One workgroup a row.

struct Shape {
  rows: u32,
  positions: u32,
  heads: u32,
  kv_heads: u32,
  width: u32,
  lanes: u32,
}

override SIDE: u32 = 0u;
override ACCUMULATE: u32 = 0u;
const STATS = 16u;

@group(0) @binding(0) var<storage, read> slopes: array<f32>;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> y: array<f32>;
@group(0) @binding(3) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(4) var<storage, read_write> stats: array<f32>;
@group(0) @binding(5) var<uniform> shape: Shape;

// Number d of the gradient at the query `row`, whose sample begins at `first`.
fn as_query(row: u32, first: u32, head: u32, d: u32) -> f32 {
  let at = (row * shape.heads + head) * shape.positions;
  let key = head / (shape.heads / shape.kv_heads) * shape.width + d;
  var sum = 0.0;
  for (var j = 0u; j <= row - first; j++) {
    sum = fma(slopes[at + j], y[(first + j) * shape.kv_heads * shape.width + key], sum);
  }
  return sum;
}

// The same at the key `row`.
fn as_key(row: u32, first: u32, key_head: u32, d: u32) -> f32 {
  let shared_by = shape.heads / shape.kv_heads;
  var sum = 0.0;
  for (var i = row; i < first + shape.positions; i++) {
    for (var head = key_head * shared_by; head < (key_head + 1u) * shared_by; head++) {
      let slope = slopes[(i * shape.heads + head) * shape.positions + row - first];
      sum = fma(slope, x[(i * shape.heads + head) * shape.width + d], sum);
    }
  }
  return sum;
}

fn of_row(row: u32, lane: u32) {
  let first = row - row % shape.positions;
  let size = select(shape.kv_heads, shape.heads, SIDE == 0u) * shape.width;
  let scale = 1.0 / sqrt(f32(shape.width));
  var squares = 0.0;
  for (var c = lane; c < size; c += LANES) {
    let head = c / shape.width;
    let d = c % shape.width;
    var sum = 0.0;
    if (SIDE != 1u) { sum += as_query(row, first, head, d); }
    if (SIDE != 0u) { sum += as_key(row, first, head, d); }
    let g = scale * sum;
    squares = fma(g, g, squares);
    let at = row * size + c;
    gradient[at] = select(g, gradient[at] + g, ACCUMULATE == 1u);
  }
  squares = sum_lanes(lane, vec4f(squares)).x;
  if (lane == 0u) { stats[row * STATS + 15u] += squares; }
}
