// The logarithm of causal attention's weights: a_ij = s_ij - log sum over j <= i of exp s_ij, s_ij = x_i y_j / sqrt(width).
// x [batch, positions, heads, width]; y [batch, positions, kv_heads, width], each shared by heads / kv_heads of x;
// weights [batch, positions, heads, positions], 0 where j > i. One workgroup a query of a head, a lane every LANES-th key.
// Stable: the largest score is known before anything is raised to a power, and the logarithm itself is kept.

struct Shape {
  rows: u32,
  positions: u32,
  heads: u32,
  kv_heads: u32,
  width: u32,
  lanes: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read_write> weights: array<f32>;
@group(0) @binding(3) var<uniform> shape: Shape;

fn of_row(place: u32, lane: u32) {
  let head = place % shape.heads;
  let row = place / shape.heads;
  let i = row % shape.positions;
  let width = shape.width;
  let own = place * width;
  let stride = shape.kv_heads * width;
  let keys = (row - i) * stride + head / (shape.heads / shape.kv_heads) * width;
  let at = place * shape.positions;
  let scale = 1.0 / sqrt(f32(width));

  var top = -1e30;
  for (var j = lane; j < shape.positions; j += LANES) {
    var score = 0.0;
    if (j <= i) {
      for (var d = 0u; d < width; d++) { score = fma(x[own + d], y[keys + j * stride + d], score); }
      score *= scale;
      top = max(top, score);
    }
    weights[at + j] = score;
  }
  top = max_lanes(lane, vec4f(top)).x;
  var total = 0.0;
  for (var j = lane; j <= i; j += LANES) { total += exp(weights[at + j] - top); }
  let log_sum = top + log(sum_lanes(lane, vec4f(total)).x);
  for (var j = lane; j <= i; j += LANES) { weights[at + j] -= log_sum; }
}
