// How a student attends against how its teacher does (Wang et al., MiniLM, arXiv 2002.10957): for each query i and head,
//
//   L = 1/heads sum over heads of sum over j <= i of p (log p - a),    slope = (e^a - p) · hidden_weight/(N_valid·pairs·heads)
//
// own [rows, heads, positions] holds a, the student's log-weights (attention_weights), and afterwards the slopes by the
// scores; teacher [rows, teacher_heads, positions]: LOGS 1: log p of as many heads; LOGS 0: weights, of which each head of
// the student has the mean of teacher_heads / heads, made to add up to 1. flags [rows]; stats [rows, 16], added to.
// Stable: sum of p (e^d - 1 - d) with d = a - log p, in which no part is negative. One workgroup a row.

struct Shape {
  rows: u32,
  positions: u32,
  heads: u32,
  teacher_heads: u32,
  pairs: u32,
  lanes: u32,
}

override LOGS: u32 = 0u;
const STATS = 16u;
const VALID = 1u;

@group(0) @binding(0) var<storage, read> teacher: array<f32>;
@group(0) @binding(1) var<storage, read> flags: array<u32>;
@group(0) @binding(2) var<storage, read_write> own: array<f32>;
@group(0) @binding(3) var<storage, read_write> stats: array<f32>;
@group(0) @binding(4) var<uniform> shape: Shape;
@group(0) @binding(5) var<uniform> live: Live;

// The sum of the teacher's weights on one key, over the heads that a head of the student learns from.
fn taught(first: u32, count: u32, j: u32) -> f32 {
  var sum = 0.0;
  for (var g = 0u; g < count; g++) { sum += teacher[first + g * shape.positions + j]; }
  return sum;
}

fn of_row(row: u32, lane: u32) {
  let positions = shape.positions;
  let i = row % positions;
  if ((flags[row] & VALID) == 0u) {
    for (var e = lane; e < shape.heads * positions; e += LANES) { own[row * shape.heads * positions + e] = 0.0; }
    return;
  }
  let share = live.inverse_valid / f32(shape.pairs * shape.heads);
  let factor = live.hidden_weight * share;
  let count = shape.teacher_heads / shape.heads;
  var loss = 0.0;
  for (var head = 0u; head < shape.heads; head++) {
    let at = (row * shape.heads + head) * positions;
    let first = (row * shape.teacher_heads + head * count) * positions;
    var total = 1.0;
    if (LOGS == 0u) {
      total = 0.0;
      for (var j = lane; j <= i; j += LANES) { total += taught(first, count, j); }
      total = sum_lanes(lane, vec4f(total)).x;
    }
    for (var j = lane; j <= i; j += LANES) {
      let a = own[at + j];
      let q = exp_safe(a);
      var p = 0.0;
      var d = 0.0;
      if (LOGS == 1u) {
        p = exp_safe(teacher[first + j]);
        d = a - teacher[first + j];
      } else {
        p = taught(first, count, j) / total;
        d = a - log(p);
      }
      if (p == 0.0) {
        loss += q;
        own[at + j] = factor * q;
      } else {
        loss += excess(p, d, q);
        own[at + j] = factor * select(q - p, p * expm1(d), abs(d) < 0.25);
      }
    }
  }
  loss = sum_lanes(lane, vec4f(loss)).x;
  if (lane > 0u) { return; }
  stats[row * STATS] += factor * loss;
  stats[row * STATS + 14u] += share * loss;
}
