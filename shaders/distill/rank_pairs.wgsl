// The order of the teacher's k most probable classes, pair by pair: (i, l) of them with p_i > p_l + ε, P pairs in all.
//
//   hinge 1: L = mean relu(margin − (q_i − q_l));  a_i −= 1/P, a_l += 1/P on active pairs, g_j = q_j(a_j − Σ q a)/T
//   hinge 0: L = mean softplus(−(z_i − z_l));       g_i −= σ(z_l − z_i)/P, g_l += the same
//
// logits, gradient [rows, V]; ids, log_probabilities [rows, width] in descending order (top_k), of which the first k
// count; flags [rows]; stats [rows, 16], to which it adds in its own slot. One workgroup a row.
// Stable: softplus by log1p of a small exponential; no pair at all is no loss.

struct Shape {
  rows: u32,
  classes: u32,
  width: u32,
  slot: u32,
  lanes: u32,
  hinge: u32,
}

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@group(0) @binding(2) var<storage, read> log_probabilities: array<f32>;
@group(0) @binding(3) var<storage, read> flags: array<u32>;
@group(0) @binding(4) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(5) var<storage, read_write> stats: array<f32>;
@group(0) @binding(6) var<uniform> shape: Shape;
@group(0) @binding(7) var<uniform> live: Live;

// Of each chosen class: the teacher's probability, the student's probability or logit, and its slope.
var<workgroup> taught: array<f32, MOST_CHOSEN>;
var<workgroup> given: array<f32, MOST_CHOSEN>;
var<workgroup> slopes: array<f32, MOST_CHOSEN>;

fn of_row(r: u32, lane: u32) {
  if ((flags[r] & VALID) == 0u) { return; }
  let classes = shape.classes;
  let first = r * classes;
  let inverse_temperature = 1.0 / clamp(live.temperature, 0.01, 1000.0);
  let params = live.term_params[shape.slot];
  let margin = params.x;
  let k = clamp(u32(select(params.x, params.y, shape.hinge == 1u)), 1u, shape.width);
  let epsilon = select(params.y, params.z, shape.hinge == 1u);

  var z_max = MINUS_INFINITY;
  for (var j = lane; j < classes; j += LANES) { z_max = max(z_max, tame_student(logits[first + j])); }
  z_max = max_lanes(lane, vec4f(z_max)).x;
  // Without the largest; y counts how often it occurs.
  var sums = vec4f(0.0);
  for (var j = lane; j < classes; j += LANES) {
    let z = tame_student(logits[first + j]);
    if (z == z_max) { sums.y += 1.0; } else { sums.x += exp_safe((z - z_max) * inverse_temperature); }
  }
  sums = sum_lanes(lane, sums);
  let log_sum = log1p(sums.x + sums.y - 1.0);

  for (var i = lane; i < k; i += LANES) {
    let id = ids[r * shape.width + i];
    let z = tame_student(logits[first + min(id, classes - 1u)]);
    chosen_ids[i] = id;
    taught[i] = exp_safe(log_probabilities[r * shape.width + i]);
    given[i] = select(z, exp_safe((z - z_max) * inverse_temperature - log_sum), shape.hinge == 1u);
  }
  sort_chosen(lane, k);

  // Pairs, loss, and Σ q a, in units of 1/P.
  var found = vec4f(0.0);
  for (var i = lane; i < k; i += LANES) {
    var slope = 0.0;
    for (var l = 0u; l < k; l++) {
      let over = taught[i] > taught[l] + epsilon;
      let under = taught[l] > taught[i] + epsilon;
      if (!over && !under) { continue; }
      let ahead = select(given[l] - given[i], given[i] - given[l], over);
      var pull = 0.0;
      var loss = 0.0;
      if (shape.hinge == 1u) {
        loss = max(margin - ahead, 0.0);
        pull = select(0.0, 1.0, margin - ahead > 0.0);
      } else {
        let small = exp_safe(-abs(ahead));
        loss = max(-ahead, 0.0) + log1p(small);
        pull = select(1.0, small, ahead > 0.0) / (1.0 + small);
      }
      if (over) {
        found += vec4f(1.0, loss, 0.0, 0.0);
        slope -= pull;
      } else {
        slope += pull;
      }
    }
    slopes[i] = slope;
    found.z += given[i] * slope;
  }
  found = sum_lanes(lane, found);
  let each = select(0.0, 1.0 / found.x, found.x > 0.0);
  let loss = found.y * each;

  let factor = own_factor();
  let broken = is_row_broken(r);
  var squares = 0.0;
  var walk = 0u;
  for (var j = lane; j < classes && !broken; j += LANES) {
    let place = chosen_place(&walk, j, k);
    var slope = 0.0;
    if (place != NOT_CHOSEN) { slope = slopes[place]; }
    if (shape.hinge == 1u) {
      let q = exp_safe((tame_student(logits[first + j]) - z_max) * inverse_temperature - log_sum);
      slope = inverse_temperature * q * (slope - found.z);
    }
    let g = factor * each * slope;
    squares = fma(g, g, squares);
    gradient[first + j] += g;
  }
  squares = sum_lanes(lane, vec4f(squares)).x;
  if (lane > 0u || broken) { return; }
  count_loss(r, loss, squares);
}
