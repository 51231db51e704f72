// T²·(1 − r) = ½T² Σ e² (DIST), r Pearson's correlation of q and p, e the difference of their centred unit vectors q̂ and p̂.
//   ∂L/∂q = T²·(e − (1 − r)·q̂)/‖q − 1/V‖.  Without variance r is 0, and there is no gradient.
// A term: x is one element of a row. Levels: Σ(e^a − 1), Σ(e^b − 1); Σ(q − 1/V)², Σ(p − 1/V)² and their difference; Σe².
// Stable: q − 1/V from e^a − 1 in a soft row, where q is near 1/V; e from q − p, exact near 0; the slope is 0 at the top.

// q − 1/V from q and a = log q − log q_max: `mean` is that of e^a − 1, `peak` is q_max.
fn off_centre(q: f32, a: f32, mean: f32, peak: f32, inverse_classes: f32) -> f32 {
  return select(q - inverse_classes, (expm1(a) - mean) * peak, mean > -0.5);
}

struct Centred {
  q: f32,
  p: f32,
  q_norm: f32,
  p_norm: f32,
}

fn centred_of(r: Row, known: Known, q: f32, a: f32, p: f32, b: f32) -> Centred {
  let means = known.a.xy * r.inverse_classes;
  let student = off_centre(q, a, means.x, r.q_top, r.inverse_classes);
  let teacher = off_centre(p, b, means.y, exp_safe(-r.log_sum_teacher), r.inverse_classes);
  return Centred(student, teacher, sqrt(known.b.x), sqrt(known.b.y));
}

fn centred_element(x: Element, known: Known) -> Centred {
  let a = (x.z - x.row.student_max) * x.row.inverse_temperature;
  let b = (x.u - x.row.teacher_max) * x.row.inverse_temperature;
  return centred_of(x.row, known, x.q, a, x.p, b);
}

fn unit_gap(c: Centred, gap: f32, known: Known) -> f32 {
  let longer = known.b.z / ((c.q_norm + c.p_norm) * c.p_norm);
  return select(c.q / c.q_norm - c.p / c.p_norm, (gap - c.p * longer) / c.q_norm, abs(longer) < 0.25);
}

fn dist_inter_is_flat(known: Known) -> bool {
  return known.b.x == 0.0 || known.b.y == 0.0;
}

fn dist_inter_extras(level: u32, x: Element, known: Known, params: vec4f) -> vec4f {
  if (level == 0u) {
    let a = (x.z - x.row.student_max) * x.row.inverse_temperature;
    let b = (x.u - x.row.teacher_max) * x.row.inverse_temperature;
    return vec4f(expm1(a), expm1(b), 0.0, 0.0);
  }
  let c = centred_element(x, known);
  if (level == 1u) { return vec4f(c.q * c.q, c.p * c.p, x.gap * (c.q + c.p), 0.0); }
  if (dist_inter_is_flat(known)) { return vec4f(0.0); }
  let apart = unit_gap(c, x.gap, known);
  return vec4f(apart * apart, 0.0, 0.0, 0.0);
}

fn dist_inter_loss(x: Element, known: Known, params: vec4f) -> f32 {
  if (x.index > 0u) { return 0.0; }
  let squared = x.row.temperature * x.row.temperature;
  return squared * select(0.5 * known.c.x, 1.0, dist_inter_is_flat(known));
}

fn dist_inter_slope(x: Element, known: Known, params: vec4f) -> f32 {
  if (dist_inter_is_flat(known)) { return 0.0; }
  let r = x.row;
  let here = centred_element(x, known);
  let top = centred_of(r, known, r.q_top, 0.0, r.p_top, r.b_top);
  let rise = unit_gap(here, x.gap, known) - unit_gap(top, r.gap_top, known);
  let turned = 0.5 * known.c.x * (here.q - top.q) / here.q_norm;
  return r.temperature * r.temperature * x.q * (rise - turned) / here.q_norm;
}
