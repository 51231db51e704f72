// T²·(1 − r) = ½T² Σ e² (DIST), r Pearson's correlation of q and p, e the difference of their centred unit vectors q̂ and p̂.
//   ∂L/∂q = T²·(e − (1 − r)·q̂)/‖q − 1/V‖.  Without variance r is 0, and there is no gradient.
// A term: x is one element of a row. Early: means of e^a − 1 and of e^b − 1. Levels: ‖q − 1/V‖, ‖p − 1/V‖, how much longer the first
// is, as a share of the second, and e at the student's top; Σe², and ‖q − 1/V‖·Σ q·∂L/∂q over T².
// Stable: q − 1/V from e^a − 1 in a soft row, where q is near 1/V; e from q − p, exact near 0; what is summed is 0 at the top.

// e^x − 1 for x ≤ 0.
fn lifted(x: f32) -> f32 {
  return select(exp_falling(x) - 1.0, x + growth(x), x > -0.5);
}

// q − 1/V from q and a = log q − log q_max: `mean` is that of e^a − 1, `peak` is q_max.
fn off_centre(q: f32, a: f32, mean: f32, peak: f32, inverse_classes: f32) -> f32 {
  return select(q - inverse_classes, (lifted(a) - mean) * peak, mean > -0.5);
}

// q − 1/V and p − 1/V.
fn centred_element(x: Element, known: Known) -> vec2f {
  let r = x.row;
  let a = (x.z - r.student_max) * r.inverse_temperature;
  let b = (x.u - r.teacher_max) * r.inverse_temperature;
  return vec2f(
    off_centre(x.q, a, known.early.x, r.q_top, r.inverse_classes),
    off_centre(x.p, b, known.early.y, r.peak_teacher, r.inverse_classes),
  );
}

// The same at the student's top.
fn centred_top(r: Row, known: Known) -> vec2f {
  return vec2f(
    off_centre(r.q_top, 0.0, known.early.x, r.q_top, r.inverse_classes),
    off_centre(r.p_top, r.b_top, known.early.y, r.peak_teacher, r.inverse_classes),
  );
}

fn unit_gap(c: vec2f, gap: f32, norms: vec4f) -> f32 {
  let near = (gap - c.y * norms.z) / norms.x;
  return select(c.x / norms.x - c.y / norms.y, near, abs(norms.z) < 0.25);
}

fn dist_inter_is_flat(known: Known) -> bool {
  return known.a.x == 0.0 || known.a.y == 0.0;
}

fn dist_inter_early(x: Start, known: Known, params: vec4f) -> vec4f {
  return vec4f(lifted(x.a), lifted(x.b), 0.0, 0.0);
}

fn dist_inter_early_learned(row: Row, sums: vec4f, known: Known, params: vec4f) -> vec4f {
  return sums * row.inverse_classes;
}

fn dist_inter_extras(level: u32, x: Element, known: Known, params: vec4f) -> vec4f {
  let c = centred_element(x, known);
  if (level == 0u) { return vec4f(c.x * c.x, c.y * c.y, x.gap * (c.x + c.y), 0.0); }
  let apart = unit_gap(c, x.gap, known.a);
  let rises = x.q * vec2f(apart - known.a.w, c.x - centred_top(x.row, known).x);
  return select(vec4f(apart * apart, rises, 0.0), vec4f(0.0), dist_inter_is_flat(known));
}

fn dist_inter_learned(level: u32, row: Row, sums: vec4f, known: Known, params: vec4f) -> vec4f {
  if (level == 1u) { return vec4f(sums.x, sums.y - 0.5 * sums.x * sums.z / known.a.x, 0.0, 0.0); }
  let norms = sqrt(sums.xy);
  if (norms.x == 0.0 || norms.y == 0.0) { return vec4f(0.0); }
  let found = vec4f(norms, sums.z / ((norms.x + norms.y) * norms.y), 0.0);
  return vec4f(found.xyz, unit_gap(centred_top(row, known), row.gap_top, found));
}

fn dist_inter_loss(x: Element, known: Known, params: vec4f) -> f32 {
  let squared = x.row.temperature * x.row.temperature;
  return select(0.0, squared * select(0.5 * known.b.x, 1.0, dist_inter_is_flat(known)), x.index == x.row.origin);
}

fn dist_inter_plain(x: Element, known: Known, params: vec4f) -> f32 {
  let c = centred_element(x, known);
  let rise = unit_gap(c, x.gap, known.a) - known.a.w;
  let turned = 0.5 * known.b.x * (c.x - centred_top(x.row, known).x) / known.a.x;
  let moved = x.row.temperature * x.q * (rise - turned - known.b.y) / known.a.x;
  return select(moved, 0.0, dist_inter_is_flat(known));
}
