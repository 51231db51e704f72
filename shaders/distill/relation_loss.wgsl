// A loss on how the rows of a batch relate to each other, from the relation matrices of student (G) and teacher (K) and
// their sums; and the weights W, with which the gradient at the student's states follows (relation_gradient).
//
//   GRAM        mean (G/ds − K/dt)²                                   W = ∂L/∂G + (∂L/∂G)ᵀ
//   SIMILARITY  Σ (Ĝ − K̂)²/n², rows of length 1 (Tung and Mori 2019)  the same
//   CKA         1 − ⟨G, K⟩/(‖G‖‖K‖), centred (Kornblith et al. 2019)   W = −2 ∂L/∂G, over s_i − s_j
//   MMD         mean k(s, s′) + mean k(t, t′) − 2 mean k(s, t), k = exp(−d²/2σ²): weights over s_i − s_j and s_i − t_j;
//               σ is the live parameter, 0: σ² is half the mean squared distance of all pairs, a constant
//   RELATIONAL  25 mean h(d/mean d − d′/mean d′) + 50 mean h(cos − cos′), h smooth L1, cosines of all angles (Park et al.
//               2019), by the law of cosines; O(n³)
//
// student, teacher, cross [n, n]; flags [n]; sums [n, 8]; weights [n, n], and [n, n] more for MMD; stats [n, 16], to
// which it adds: 0 the weighted loss, 14 the loss. Each row holds its share, times the number of valid rows.

struct Shape {
  rows: u32,
  student_size: u32,
  teacher_size: u32,
  pairs: u32,
  lanes: u32,
}

const VALID = 1u;
const STATS = 16u;
const DISTANCE_WEIGHT = 25.0;
const ANGLE_WEIGHT = 50.0;

@group(0) @binding(0) var<storage, read> student: array<f32>;
@group(0) @binding(1) var<storage, read> teacher: array<f32>;
@group(0) @binding(2) var<storage, read> cross: array<f32>;
@group(0) @binding(3) var<storage, read> flags: array<u32>;
@group(0) @binding(4) var<storage, read> sums: array<f32>;
@group(0) @binding(5) var<storage, read_write> weights: array<f32>;
@group(0) @binding(6) var<storage, read_write> stats: array<f32>;
@group(0) @binding(7) var<uniform> shape: Shape;
@group(0) @binding(8) var<uniform> live: Live;

// The share of (i, j) in the loss, its weight, and its weight across.
struct Found {
  loss: f32,
  weight: f32,
  cross: f32,
}

fn row_sums(row: u32, level: u32) -> vec4f {
  let at = row * SUMS + 4u * level;
  return vec4f(sums[at], sums[at + 1u], sums[at + 2u], sums[at + 3u]);
}

fn of_row(i: u32, lane: u32) {
  let n = shape.rows;
  var first = vec4f(0.0);
  var second = vec4f(0.0);
  var valid = 0.0;
  for (var j = lane; j < n; j += LANES) {
    if ((flags[j] & VALID) == 0u) { continue; }
    valid += 1.0;
    if (KIND != GRAM) { first += row_sums(j, 0u); }
    if (KIND == CKA || KIND == RELATIONAL) { second += row_sums(j, 1u); }
  }
  first = sum_lanes(lane, first);
  second = sum_lanes(lane, second);
  valid = sum_lanes(lane, vec4f(valid)).x;

  let own_valid = (flags[i] & VALID) != 0u;
  var loss = 0.0;
  for (var j = lane; j < n; j += LANES) {
    var found = Found(0.0, 0.0, 0.0);
    if (own_valid && (flags[j] & VALID) != 0u) { found = relation(i, j, valid, first, second); }
    weights[i * n + j] = valid * found.weight;
    if (KIND == MMD) { weights[(n + i) * n + j] = valid * found.cross; }
    loss += found.loss;
  }
  loss = sum_lanes(lane, vec4f(loss)).x;
  if (lane > 0u || !own_valid) { return; }
  let share = valid * loss * live.inverse_valid / f32(shape.pairs);
  stats[i * STATS] += live.hidden_weight * share;
  stats[i * STATS + 14u] += share;
}

fn relation(i: u32, j: u32, valid: f32, first: vec4f, second: vec4f) -> Found {
  let g = student[i * shape.rows + j];
  let k = teacher[i * shape.rows + j];
  let count = valid * valid;
  switch KIND {
    case GRAM: {
      let e = g / f32(shape.student_size) - k / f32(shape.teacher_size);
      return Found(e * e / count, 4.0 * e / (count * f32(shape.student_size)), 0.0);
    }
    case SIMILARITY: {
      // The matrices are symmetric, so that the transposed derivative needs only the sums of row j.
      let own = row_sums(i, 0u);
      let other = row_sums(j, 0u);
      let e = g * inverse_of(sqrt(own.x)) - k * inverse_of(sqrt(own.y));
      let slope = similarity_slope(g, k, own) + similarity_slope(g, k, other);
      return Found(e * e / count, 2.0 * slope / count, 0.0);
    }
    case CKA: {
      let own = row_sums(i, 0u) / valid;
      let other = row_sums(j, 0u) / valid;
      let a = centred(g, own.x, other.x, first.x / count) * inverse_of(sqrt(second.x));
      let b = centred(k, own.y, other.y, first.y / count) * inverse_of(sqrt(second.y));
      // No variance on either side: loss 1 without a gradient.
      if (second.x == 0.0 || second.y == 0.0) { return Found(1.0 / count, 0.0, 0.0); }
      let e = a - b;
      let loss = 1.0 - second.z * inverse_of(sqrt(second.x)) * inverse_of(sqrt(second.y));
      return Found(0.5 * e * e, -2.0 * (e - loss * a) * inverse_of(sqrt(second.x)), 0.0);
    }
    case MMD: {
      let c = cross[i * shape.rows + j];
      let pairs = 4.0 * count - 2.0 * valid;
      let spread = 0.5 * (first.x + first.y + 2.0 * first.z) / pairs;
      let variance = select(live.hidden_parameter * live.hidden_parameter, spread, live.hidden_parameter == 0.0);
      let scale = -0.5 * inverse_of(variance);
      let near = falling_exp(g * scale);
      let across = falling_exp(c * scale);
      let pull = 2.0 * inverse_of(variance) / count;
      return Found((near + falling_exp(k * scale) - 2.0 * across) / count, -pull * near, pull * across);
    }
    default: { return relational(i, j, valid, first, second); }
  }
}

// (Ĝ − K̂ − Ĝ Σ Ĝ(Ĝ − K̂))/‖G‖ of a row whose sums these are.
fn similarity_slope(g: f32, k: f32, row: vec4f) -> f32 {
  let g_norm = inverse_of(sqrt(row.x));
  let k_norm = inverse_of(sqrt(row.y));
  let along = 1.0 - row.z * g_norm * k_norm;
  return (g * g_norm * (1.0 - along) - k * k_norm) * g_norm;
}

fn relational(i: u32, j: u32, valid: f32, first: vec4f, second: vec4f) -> Found {
  let n = shape.rows;
  let d = sqrt(student[i * n + j]);
  let e = sqrt(teacher[i * n + j]);
  // Distances in units of the mean of those that are not 0.
  let unit = first.y * inverse_of(first.x);
  let off = d * unit - e * first.w * inverse_of(first.z);
  let share = DISTANCE_WEIGHT / (valid * valid);
  var loss = share * huber(off);
  let towards_mean = second.x * inverse_of(first.x);
  var weight = 2.0 * share * unit * (huber_slope(off) - towards_mean) * inverse_of(d);

  // Angles with their corner at i and at j, with j or i on one leg and c on the other; and at c, with i and j on the legs.
  let each = ANGLE_WEIGHT / (valid * valid * valid);
  let one_over_d = inverse_of(d);
  let one_over_e = inverse_of(e);
  for (var c = 0u; c < n; c++) {
    if ((flags[c] & VALID) == 0u) { continue; }
    let i_c = student[i * n + c];
    let j_c = student[j * n + c];
    let k_i = teacher[i * n + c];
    let k_j = teacher[j * n + c];
    let s_i = inverse_of(sqrt(i_c));
    let s_j = inverse_of(sqrt(j_c));
    let t_i = inverse_of(sqrt(k_i));
    let t_j = inverse_of(sqrt(k_j));
    let own_i = 0.5 * (d * d + i_c - j_c) * one_over_d * s_i;
    let own_j = 0.5 * (d * d + j_c - i_c) * one_over_d * s_j;
    let own_c = 0.5 * (i_c + j_c - d * d) * s_i * s_j;
    let at_i = own_i - 0.5 * (e * e + k_i - k_j) * one_over_e * t_i;
    let at_j = own_j - 0.5 * (e * e + k_j - k_i) * one_over_e * t_j;
    let at_c = own_c - 0.5 * (k_i + k_j - e * e) * t_i * t_j;
    loss += each * huber(at_i);
    // ∂cos/∂d² of a leg is (1/other leg − cos/leg)/(2 leg), of the side across −1/(2 leg · leg).
    let of_i = huber_slope(at_i) * (s_i - own_i * one_over_d) * one_over_d;
    let of_j = huber_slope(at_j) * (s_j - own_j * one_over_d) * one_over_d;
    let of_c = -huber_slope(at_c) * s_i * s_j;
    weight += 2.0 * each * (of_i + of_j + of_c);
  }
  return Found(loss, weight, 0.0);
}
