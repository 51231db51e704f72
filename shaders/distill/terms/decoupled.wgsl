// T²·[α·TCKD + β·NCKD] (DKD): KL over {label, the rest}, and KL between the rows without the label, p̂ and q̂.
//   Gradient at y: Tα(q_y − p_y); elsewhere T[−α(q_y − p_y)·q̂ + β(q̂ − p̂)].  α, β are params.x, params.y; V from 3.
// A term: x is one element of a row. Early: of Σe^a, Σe^b and Σe^b(e^δ − 1) over the rest the logarithms, as in row.wgsl, and TCKD.
// Stable: the rest has maxima of its own, so nothing is 1 − p_y; each part is a sum of terms ≥ 0, exact near the optimum.

// (z − max z)/T, (u − max u)/T and their difference, with maxima of the rest.
fn rest_logits(r: Row, z: f32, u: f32) -> vec3f {
  let delta = apart_from(z, u, vec2f(r.other_shift, r.other_shift_error), r.one) * r.inverse_temperature;
  return vec3f((z - r.student_other) * r.inverse_temperature, (u - r.teacher_other) * r.inverse_temperature, delta);
}

fn decoupled_early(x: Start, known: Known, params: vec4f) -> vec4f {
  let l = rest_logits(x.row, x.z, x.u);
  let student = exp_falling(l.x);
  let teacher = exp_falling(l.y);
  return select(vec4f(student, teacher, gap_from(teacher, student, l.z), 0.0), vec4f(0.0), x.index == x.row.label);
}

fn decoupled_early_learned(row: Row, sums: vec4f, known: Known, params: vec4f) -> vec4f {
  let logs = log_sums(sums);
  return vec4f(logs.xyz, target_class_loss(row, logs));
}

fn target_class_loss(r: Row, logs: vec4f) -> f32 {
  let log_p = (r.teacher_other - r.teacher_max) * r.inverse_temperature + logs.y - r.log_sum_teacher;
  let log_q = (r.student_other - r.student_max) * r.inverse_temperature + logs.x - r.log_sum_student;
  let p = exp_safe(log_p);
  var d = log_q - log_p;
  if (abs(r.label_gap) < 0.5 * p) { d = log1p(-r.label_gap / p); }
  return excess(r.label_p, r.label_d, r.label_q) + excess(p, d, exp_safe(log_q));
}

// p̂, q̂ and log q̂ − log p̂ of one element of the rest.
fn rest_of(x: Element, known: Known) -> vec3f {
  let l = rest_logits(x.row, x.z, x.u);
  return vec3f(exp_falling(l.y - known.early.y), exp_falling(l.x - known.early.x), l.z - known.early.z);
}

fn decoupled_loss(x: Element, known: Known, params: vec4f) -> f32 {
  let squared = x.row.temperature * x.row.temperature;
  let rest = rest_of(x, known);
  return squared * select(params.y * excess(rest.x, rest.z, rest.y), params.x * known.early.w, x.is_label);
}

fn decoupled_plain(x: Element, known: Known, params: vec4f) -> f32 {
  let target_gap = params.x * x.row.label_gap;
  let rest = rest_of(x, known);
  let others = params.y * gap_from(rest.x, rest.y, rest.z) - target_gap * rest.y;
  return x.row.temperature * select(others, target_gap, x.is_label);
}
