// The student against a teacher of whom only k classes K are known, and the mass of all others together.
//
//   mode 0 renormalise        KL(p̃ ‖ q), p̃ = p over K made to sum to 1;               g = (q − p̃)/T
//   mode 1 tail               KL over K and one class for the rest;                      g = (q_j − p_j)/T on K,
//                                                                                        (q_j − p_tail ŝ_j)/T off K
//   mode 2 tail, reverse      Σ_K q log(q/p) + q_tail log(q_tail/p_tail);                g = q_j(r_j − R)/T
//   mode 3 renormalise both   KL(p̃ ‖ q̃), both over K;                                  g = (q̃_j − p̃_j)/T on K, 0 off K
//
// ŝ is the student's softmax over the complement of K, r = log(q_tail/p_tail) there, R = Σ q r.
// logits, gradient [rows, V]; ids [rows, width] u32, log_probabilities [rows, width] in descending order and tail [rows]:
// logarithms at the temperature `stored`, of which the first k count and the others join the tail;
// flags [rows]; stats [rows, 16], to which it adds in its own slot. One workgroup a row.
// NAIVE_TAIL is a mistake, for the failure gallery: mode 1 with both tails as 1 − Σ over K. Where Σ is within roundings of
// 1 the logarithm is not finite, and such a row is set to 0, as code against NaN does: it has no loss and no gradient.
// Stable: every divergence as a sum of terms ≥ 0; the student's tail by log-sum-exp over the complement, never 1 − Σ.

struct Shape {
  rows: u32,
  classes: u32,
  width: u32,
  slot: u32,
  lanes: u32,
  mode: u32,
  // the temperature of the stored logarithms; 0: that of the step
  stored: f32,
}

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@group(0) @binding(2) var<storage, read> log_probabilities: array<f32>;
@group(0) @binding(3) var<storage, read> tail: array<f32>;
@group(0) @binding(4) var<storage, read> flags: array<u32>;
@group(0) @binding(5) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(6) var<storage, read_write> stats: array<f32>;
@group(0) @binding(7) var<uniform> shape: Shape;
@group(0) @binding(8) var<uniform> live: Live;

override NAIVE_TAIL: u32 = 0u;
// Four steps of float32 at 1: drivers' exponentials are no better.
const ROUNDINGS = 0x1p-22;
const RENORMALISE = 0u;
const TAIL = 1u;
const TAIL_REVERSE = 2u;
const RENORMALISE_BOTH = 3u;

fn logit_of(first: u32, i: u32) -> f32 {
  return tame_student(logits[first + min(chosen_ids[i], shape.classes - 1u)]);
}

fn of_row(r: u32, lane: u32) {
  if ((flags[r] & VALID) == 0u) { return; }
  let classes = shape.classes;
  let first = r * classes;
  let chosen_first = r * shape.width;
  let temperature = clamp(live.temperature, 0.01, 1000.0);
  let inverse_temperature = 1.0 / temperature;
  let k = clamp(u32(live.term_params[shape.slot].x), 1u, shape.width);
  for (var i = lane; i < k; i += LANES) { chosen_ids[i] = ids[chosen_first + i]; }
  sort_chosen(lane, k);

  // Largest logit on K and off K.
  var most = vec4f(MINUS_INFINITY);
  for (var i = lane; i < k; i += LANES) { most.x = max(most.x, logit_of(first, i)); }
  var walk = 0u;
  for (var j = lane; j < classes; j += LANES) {
    if (chosen_place(&walk, j, k) == NOT_CHOSEN) { most.y = max(most.y, tame_student(logits[first + j])); }
  }
  most = max_lanes(lane, most);

  // Σ exp on K and off K, each relative to its own largest and without it (y and w count the largest: ties are as large).
  walk = 0u;
  var sums = vec4f(0.0);
  for (var i = lane; i < k; i += LANES) {
    let z = logit_of(first, i);
    if (z == most.x) { sums.y += 1.0; } else { sums.x += exp_safe((z - most.x) * inverse_temperature); }
  }
  for (var j = lane; j < classes; j += LANES) {
    if (chosen_place(&walk, j, k) != NOT_CHOSEN) { continue; }
    let z = tame_student(logits[first + j]);
    if (z == most.y) { sums.w += 1.0; } else { sums.z += exp_safe((z - most.y) * inverse_temperature); }
  }
  sums = sum_lanes(lane, sums);

  // Σ p^a on K without the first, and of what was stored beyond k; and log p^a at the student's largest on K.
  let power = select(shape.stored * inverse_temperature, 1.0, shape.stored == 0.0);
  let p_top = power * log_probabilities[chosen_first];
  let beyond = log_probabilities[chosen_first + min(k, shape.width - 1u)];
  let rest_top = max(select(MINUS_INFINITY, beyond, k < shape.width), tail[r]);
  var stored = vec4f(0.0);
  var there = MINUS_INFINITY;
  for (var i = lane; i < shape.width; i += LANES) {
    let log_p = log_probabilities[chosen_first + i];
    if (i >= k) {
      stored.y += exp_safe(log_p - rest_top);
    } else if (i > 0u) {
      stored.x += exp_safe(power * log_p - p_top);
    }
    if (i < k && logit_of(first, i) == most.x) { there = max(there, power * log_p); }
  }
  stored = sum_lanes(lane, stored);
  there = max_lanes(lane, vec4f(there)).x;

  let off = sums.w > 0.0;
  // Everything of the student relative to its mass on K.
  let log_on = log1p(sums.x + sums.y - 1.0);
  let log_off_sum = log1p(sums.z + max(sums.w, 1.0) - 1.0);
  let log_off = select(MINUS_INFINITY, (most.y - most.x) * inverse_temperature + log_off_sum - log_on, off);
  let log_all = select(log1p(exp_safe(log_off)), log_off + log1p(exp_safe(-log_off)), log_off > 0.0);
  let log_p_on = p_top + log1p(stored.x);
  // The rest is one class; its mass is raised to the power as a whole.
  let rest_sum = stored.y + exp_safe(tail[r] - rest_top);
  let log_p_rest = select(MINUS_INFINITY, power * (rest_top + log(rest_sum)), rest_top > 0.5 * MINUS_INFINITY);
  let p_larger = max(log_p_on, log_p_rest);
  let log_p_all = p_larger + log1p(exp_safe(min(log_p_on, log_p_rest) - p_larger));

  let with_tail = shape.mode == TAIL || shape.mode == TAIL_REVERSE;
  let p_norm = select(log_p_on, log_p_all, with_tail);
  let q_norm = select(-log_all, 0.0, shape.mode == RENORMALISE_BOTH);
  let log_q_rest = log_off - log_all;
  let log_rest = log_p_rest - p_norm;
  let d_rest = log_q_rest - log_rest;
  // d of the student's most probable class, or of the rest where that is more: the reverse divergence may be moved by
  // any multiple of q, and so no confident row's gradient is a difference of nearly equal numbers.
  let d_most = select(q_norm - log_on - (there - p_norm), d_rest, off && log_q_rest > q_norm - log_on);

  // The loss; and Σ q (d − d_most).
  var found = vec4f(0.0);
  for (var i = lane; i < k; i += LANES) {
    let log_q = (logit_of(first, i) - most.x) * inverse_temperature - log_on + q_norm;
    let log_p = power * log_probabilities[chosen_first + i] - p_norm;
    let d = log_q - log_p;
    if (shape.mode == TAIL_REVERSE) {
      found += vec4f(excess(exp_safe(log_q), -d, exp_safe(log_p)), exp_safe(log_q) * (d - d_most), 0.0, 0.0);
    } else {
      found.x += excess(exp_safe(log_p), d, exp_safe(log_q));
    }
  }
  found = sum_lanes(lane, found);
  let q_rest = select(0.0, exp_safe(log_q_rest), off);
  let p_rest = select(0.0, exp_safe(log_rest), off);
  var loss = found.x;
  if (shape.mode == RENORMALISE) { loss += q_rest; }
  if (shape.mode == TAIL && off) { loss += excess(p_rest, d_rest, q_rest); }
  if (shape.mode == TAIL_REVERSE && off) { loss += excess(q_rest, -d_rest, p_rest); }
  let mean = found.y + q_rest * select(0.0, d_rest - d_most, off);

  // The mistake: Σ p, Σ q and Σ p log(p/q) over K; then p_tail/q_tail and the sum of the slopes on K.
  var ratio = 0.0;
  var slopes = 0.0;
  var lost = false;
  if (NAIVE_TAIL == 1u) {
    var on = vec4f(0.0);
    for (var i = lane; i < k; i += LANES) {
      let log_q = (logit_of(first, i) - most.x) * inverse_temperature - log_on + q_norm;
      let log_p = power * log_probabilities[chosen_first + i] - p_norm;
      on += vec4f(exp_safe(log_p), exp_safe(log_q), exp_safe(log_p) * (log_p - log_q), 0.0);
    }
    on = sum_lanes(lane, on);
    let p_tail = 1.0 - on.x;
    let q_tail = 1.0 - on.y;
    lost = min(p_tail, q_tail) < ROUNDINGS;
    ratio = p_tail / select(q_tail, 1.0, lost);
    loss = select(on.z + p_tail * log(max(ratio, 1e-30)), 0.0, lost);
    slopes = ratio * on.y - on.x;
  }

  let factor = select(own_factor(), 0.0, lost);
  let broken = is_row_broken(r);
  var squares = 0.0;
  walk = 0u;
  for (var j = lane; j < classes && !broken; j += LANES) {
    let z = tame_student(logits[first + j]);
    let place = chosen_place(&walk, j, k);
    var e = 0.0;
    if (place != NOT_CHOSEN) {
      let log_q = (z - most.x) * inverse_temperature - log_on + q_norm;
      let log_p = power * log_probabilities[chosen_first + place] - p_norm;
      let d = log_q - log_p;
      if (NAIVE_TAIL == 1u) {
        e = exp_safe(log_q) * (ratio - slopes) - exp_safe(log_p);
      } else if (shape.mode == TAIL_REVERSE) {
        e = exp_safe(log_q) * (d - d_most - mean);
      } else if (d > 10.0) {
        e = exp_safe(log_q) - exp_safe(log_p);
      } else {
        e = exp_safe(log_p) * expm1(d);
      }
    } else if (shape.mode != RENORMALISE_BOTH) {
      // The student's softmax over the complement.
      let s = exp_safe((z - most.y) * inverse_temperature - log_off_sum);
      if (NAIVE_TAIL == 1u) {
        e = -s * q_rest * slopes;
      } else if (shape.mode == TAIL) {
        e = s * select(p_rest * expm1(d_rest), q_rest - p_rest, d_rest > 10.0);
      } else if (shape.mode == TAIL_REVERSE) {
        e = s * q_rest * (d_rest - d_most - mean);
      } else {
        e = s * q_rest;
      }
    }
    let g = factor * inverse_temperature * e;
    squares = fma(g, g, squares);
    gradient[first + j] += g;
  }
  squares = sum_lanes(lane, vec4f(squares)).x;
  if (lane > 0u || broken) { return; }
  count_loss(r, loss, squares);
}
