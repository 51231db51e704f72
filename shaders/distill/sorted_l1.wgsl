// Universal logit distillation (Boizard et al. 2024): probabilities compared rank by rank, whatever the classes are.
//
//   L = Σ_r |q_(r) − p_(r)|, both in descending order, the shorter one followed by zeros
//   ∂L/∂z_j = q_j(a_j − Σ q a)/T with a_j = sign(q_(r) − p_(r)) at the rank r of class j
//
// logits, gradient [rows, V]; teacher [rows, W]; their orders (sort_rows) [rows, V] and [rows, W] u32; flags [rows];
// stats [rows, 16], to which it adds in its own slot. One workgroup a row.
// Stable: the two largest logits are known from the orders; each sum of exponentials leaves its largest out; q − p from
// the difference of their logarithms.

struct Shape {
  rows: u32,
  classes: u32,
  teacher_classes: u32,
  slot: u32,
  lanes: u32,
}

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> teacher: array<f32>;
@group(0) @binding(2) var<storage, read> student_order: array<u32>;
@group(0) @binding(3) var<storage, read> teacher_order: array<u32>;
@group(0) @binding(4) var<storage, read> flags: array<u32>;
@group(0) @binding(5) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(6) var<storage, read_write> stats: array<f32>;
@group(0) @binding(7) var<uniform> shape: Shape;
@group(0) @binding(8) var<uniform> live: Live;

fn of_row(r: u32, lane: u32) {
  if ((flags[r] & VALID) == 0u) { return; }
  let z_first = r * shape.classes;
  let u_first = r * shape.teacher_classes;
  let inverse_temperature = 1.0 / clamp(live.temperature, 0.01, 1000.0);
  let z_max = tame_student(logits[z_first + student_order[z_first]]);
  let u_max = tame_teacher(teacher[u_first + teacher_order[u_first]]);

  var sums = vec4f(0.0);
  for (var i = lane + 1u; i < shape.classes; i += LANES) {
    sums.x += exp_safe((tame_student(logits[z_first + student_order[z_first + i]]) - z_max) * inverse_temperature);
  }
  for (var i = lane + 1u; i < shape.teacher_classes; i += LANES) {
    sums.y += exp_safe((tame_teacher(teacher[u_first + teacher_order[u_first + i]]) - u_max) * inverse_temperature);
  }
  sums = sum_lanes(lane, sums);
  let z_log = log1p(sums.x);
  let u_log = log1p(sums.y);

  // The loss, and Σ q a.
  var found = vec4f(0.0);
  for (var i = lane; i < max(shape.classes, shape.teacher_classes); i += LANES) {
    let log_q = student_at(z_first, i, z_max, z_log, inverse_temperature);
    let difference = difference_of(log_q, teacher_at(u_first, i, u_max, u_log, inverse_temperature));
    found += vec4f(abs(difference), exp_safe(log_q) * sign(difference), 0.0, 0.0);
  }
  found = sum_lanes(lane, found);

  let factor = own_factor();
  let broken = is_row_broken(r);
  var squares = 0.0;
  for (var i = lane; i < shape.classes && !broken; i += LANES) {
    let log_q = student_at(z_first, i, z_max, z_log, inverse_temperature);
    let difference = difference_of(log_q, teacher_at(u_first, i, u_max, u_log, inverse_temperature));
    let g = factor * inverse_temperature * exp_safe(log_q) * (sign(difference) - found.y);
    squares = fma(g, g, squares);
    gradient[z_first + student_order[z_first + i]] += g;
  }
  squares = sum_lanes(lane, vec4f(squares)).x;
  if (lane > 0u || broken) { return; }
  count_loss(r, found.x, squares);
}

// log q of a rank, MINUS_INFINITY beyond the last.
fn student_at(first: u32, rank: u32, largest: f32, log_sum: f32, inverse_temperature: f32) -> f32 {
  if (rank >= shape.classes) { return MINUS_INFINITY; }
  let z = tame_student(logits[first + student_order[first + rank]]);
  return (z - largest) * inverse_temperature - log_sum;
}

fn teacher_at(first: u32, rank: u32, largest: f32, log_sum: f32, inverse_temperature: f32) -> f32 {
  if (rank >= shape.teacher_classes) { return MINUS_INFINITY; }
  let u = tame_teacher(teacher[first + teacher_order[first + rank]]);
  return (u - largest) * inverse_temperature - log_sum;
}

// q − p, exact where they are nearly equal, as in the first rank of two confident rows.
fn difference_of(log_q: f32, log_p: f32) -> f32 {
  let d = log_q - log_p;
  return select(exp_safe(log_q) - exp_safe(log_p), exp_safe(log_p) * expm1(clamp(d, -1.0, 1.0)), abs(d) < 1.0);
}
