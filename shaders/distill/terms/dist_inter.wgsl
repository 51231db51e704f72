// T²·(1 − r) = ½T² Σ e² (DIST), r Pearson's correlation of q and p, e the difference of their centred unit vectors q̂ and p̂.
//   ∂L/∂q = T²·(e − (1 − r)·q̂)/‖q − 1/V‖.  Without variance r is 0, and there is no gradient.
// A term: x is one element of a row. Levels: means of e^a − 1 and of e^b − 1; ‖q − 1/V‖, ‖p − 1/V‖ and how much longer the first
// is, as a share of the second; Σe², and e and q − 1/V at the student's top.
// Stable: q − 1/V from e^a − 1 in a soft row, where q is near 1/V; e from q − p, exact near 0; the slope is 0 at the top.

// q − 1/V from q and a = log q − log q_max: `mean` is that of e^a − 1, `peak` is q_max.
fn off_centre(q: f32, a: f32, mean: f32, peak: f32, inverse_classes: f32) -> f32 {
  if (mean > -0.5) { return (expm1(a) - mean) * peak; }
  return q - inverse_classes;
}

// q − 1/V and p − 1/V.
fn centred_element(x: Element, known: Known) -> vec2f {
  let r = x.row;
  let a = (x.z - r.student_max) * r.inverse_temperature;
  let b = (x.u - r.teacher_max) * r.inverse_temperature;
  let peak = exp_safe(-r.log_sum_teacher);
  return vec2f(
    off_centre(x.q, a, known.a.x, r.q_top, r.inverse_classes),
    off_centre(x.p, b, known.a.y, peak, r.inverse_classes),
  );
}

fn unit_gap(c: vec2f, gap: f32, known: Known) -> f32 {
  let longer = known.b.z;
  return select(c.x / known.b.x - c.y / known.b.y, (gap - c.y * longer) / known.b.x, abs(longer) < 0.25);
}

fn dist_inter_is_flat(known: Known) -> bool {
  return known.b.x == 0.0 || known.b.y == 0.0;
}

fn dist_inter_learned(level: u32, sums: vec4f, params: vec4f, classes: f32) -> vec4f {
  if (level == 0u) { return sums / classes; }
  if (level > 1u) { return sums; }
  let norms = sqrt(sums.xy);
  return vec4f(norms, sums.z / ((norms.x + norms.y) * norms.y), 0.0);
}

fn dist_inter_extras(level: u32, x: Element, known: Known, params: vec4f) -> vec4f {
  if (level == 0u) {
    let a = (x.z - x.row.student_max) * x.row.inverse_temperature;
    let b = (x.u - x.row.teacher_max) * x.row.inverse_temperature;
    return vec4f(expm1(a), expm1(b), 0.0, 0.0);
  }
  let c = centred_element(x, known);
  if (level == 1u) { return vec4f(c.x * c.x, c.y * c.y, x.gap * (c.x + c.y), 0.0); }
  if (dist_inter_is_flat(known)) { return vec4f(0.0); }
  let apart = unit_gap(c, x.gap, known);
  let at_top = select(vec2f(0.0), vec2f(apart, c.x), x.index == x.row.student_top);
  return vec4f(apart * apart, at_top, 0.0);
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
  let rise = unit_gap(here, x.gap, known) - known.c.y;
  let turned = 0.5 * known.c.x * (here.x - known.c.z) / known.b.x;
  return r.temperature * r.temperature * x.q * (rise - turned) / known.b.x;
}
