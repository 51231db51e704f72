// DIST between the samples of a batch (Huang et al. 2022): each class should rank the samples as the teacher's does.
//
//   L = T² mean_j (1 − Pearson of the columns q_j and p_j);   g_ij = q_ij(a_ij − Σ_l q_il a_il)/T with
//   a_ij = −(T²/V)(p̂_ij − c_j q̂_ij)/‖q_j − mean‖, hats: centred columns of length 1
//
// q, p (softmax_rows), gradient [rows, V]; columns [V, 8] (column_correlation); flags [rows]; stats [rows, 16], to which it
// adds in its own slot: each valid row holds the whole batch's L, so that their mean is L. One workgroup a row.
// Stable: p̂ − c q̂ as (p̂ − q̂) + (1 − c) q̂.

struct Shape {
  rows: u32,
  classes: u32,
  slot: u32,
  lanes: u32,
}

const VALID = 1u;
const STATS = 16u;
const WIDTH = 8u;

@group(0) @binding(0) var<storage, read> q: array<f32>;
@group(0) @binding(1) var<storage, read> p: array<f32>;
@group(0) @binding(2) var<storage, read> columns: array<f32>;
@group(0) @binding(3) var<storage, read> flags: array<u32>;
@group(0) @binding(4) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(5) var<storage, read_write> stats: array<f32>;
@group(0) @binding(6) var<uniform> shape: Shape;
@group(0) @binding(7) var<uniform> live: Live;

// a of an element, without T²/V, times the number of rows.
fn slope_at(at: u32, j: u32) -> f32 {
  let c = j * WIDTH;
  let taught = (p[at] - columns[c]) * columns[c + 2u];
  let own = (q[at] - columns[c + 1u]) * columns[c + 3u];
  return -columns[c + 5u] * columns[c + 3u] * ((taught - own) + columns[c + 4u] * own);
}

fn of_row(r: u32, lane: u32) {
  if ((flags[r] & VALID) == 0u) { return; }
  let classes = shape.classes;
  let first = r * classes;
  let temperature = clamp(live.temperature, 0.01, 1000.0);
  let each = temperature * temperature / f32(classes);

  var sums = vec4f(0.0);
  for (var j = lane; j < classes; j += LANES) {
    sums += vec4f(columns[j * WIDTH + 4u], q[first + j] * slope_at(first + j, j), 0.0, 0.0);
  }
  sums = sum_lanes(lane, sums);
  let loss = each * sums.x;

  let factor = own_factor();
  let broken = is_row_broken(r);
  var squares = 0.0;
  for (var j = lane; j < classes && !broken; j += LANES) {
    let g = factor * each / temperature * q[first + j] * (slope_at(first + j, j) - sums.y);
    squares = fma(g, g, squares);
    gradient[first + j] += g;
  }
  squares = sum_lanes(lane, vec4f(squares)).x;
  if (lane > 0u || broken) { return; }
  count_loss(r, loss, squares);
}
