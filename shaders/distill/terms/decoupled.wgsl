// T²·[α·TCKD + β·NCKD] (DKD): KL over {label, the rest}, and KL between the rows without the label, p̂ and q̂.
//   Gradient at y: Tα(q_y − p_y); elsewhere T[−α(q_y − p_y)·q̂ + β(q̂ − p̂)].  α, β are params.x, params.y; V from 3.
// A term: x is one element of a row. Level: of Σe^a, Σe^b and Σe^b(e^δ − 1) over the rest the logarithms, as in row.wgsl.
// Stable: the rest has maxima of its own, so nothing is 1 − p_y; each part is a sum of terms ≥ 0, exact near the optimum.

// (z − max z)/T, (u − max u)/T and their difference, with maxima of the rest.
fn rest_logits(x: Element) -> vec3f {
  let r = x.row;
  let difference = exact_difference(x.z, x.u, r.one);
  let shifted = exact_difference(difference.x, r.other_shift, r.one);
  let delta = (shifted.x + (difference.y + shifted.y - r.other_shift_error)) * r.inverse_temperature;
  let a = (x.z - r.student_other) * r.inverse_temperature;
  return vec3f(a, (x.u - r.teacher_other) * r.inverse_temperature, delta);
}

fn decoupled_extras(level: u32, x: Element, known: Known, params: vec4f) -> vec4f {
  if (x.is_label) { return vec4f(0.0); }
  let l = rest_logits(x);
  let student = exp_safe(l.x);
  let teacher = exp_safe(l.y);
  return vec4f(student, teacher, gap_from(teacher, student, l.z), 0.0);
}

// The logarithms of the sums over the rest, and of their ratio.
fn decoupled_learned(level: u32, sums: vec4f, params: vec4f, classes: f32) -> vec4f {
  return log_sums(sums);
}

// p̂, q̂ and log q̂ − log p̂ of one element of the rest.
fn rest_of(x: Element, known: Known) -> vec3f {
  let l = rest_logits(x);
  let d = l.z - known.a.z;
  let p = exp_safe(l.y - known.a.y);
  return vec3f(p, grown_of(p, d, l.x - known.a.x), d);
}

fn target_class_loss(x: Element, known: Known) -> f32 {
  let r = x.row;
  let log_p = (r.teacher_other - r.teacher_max) * r.inverse_temperature + known.a.y - r.log_sum_teacher;
  let log_q = (r.student_other - r.student_max) * r.inverse_temperature + known.a.x - r.log_sum_student;
  let p = exp_safe(log_p);
  var d = log_q - log_p;
  if (abs(r.label_gap) < 0.5 * p) { d = log1p(-r.label_gap / p); }
  return excess(r.label_p, r.label_d, r.label_q) + excess(p, d, exp_safe(log_q));
}

fn decoupled_loss(x: Element, known: Known, params: vec4f) -> f32 {
  let squared = x.row.temperature * x.row.temperature;
  if (x.is_label) { return squared * params.x * target_class_loss(x, known); }
  let rest = rest_of(x, known);
  return squared * params.y * excess(rest.x, rest.z, rest.y);
}

fn decoupled_plain(x: Element, known: Known, params: vec4f) -> f32 {
  let target_gap = params.x * x.row.label_gap;
  if (x.is_label) { return x.row.temperature * target_gap; }
  let rest = rest_of(x, known);
  return x.row.temperature * (params.y * gap_from(rest.x, rest.y, rest.z) - target_gap * rest.y);
}
