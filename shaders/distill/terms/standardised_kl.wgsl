// KL(p ‖ q) of standardised logits: z̃ = (z − mean)/(σ + ε), σ unbiased, and u alike; then softmax at T.  ε is params.x.
//   With g = (q − p)/T: (1/(σ+ε))·[g_j − z̃_j·((σ+ε)/σ)·Σ g z̃/(V−1)], since Σg = 0.  A row without variance: 0, and no gradient.
// A term: x is one element of a row. Levels: means; σ_z, σ_u and 1/(σ_z + ε) − 1/(σ_u + ε); logarithms of the sums of
// exponentials; Σ g z̃/(V−1).
// Stable: where the spreads are alike, z̃ − ũ from z − u and from σ_u − σ_z, both exact near 0; then the forms of row.wgsl.

// z − mean and u − mean, and their difference.
fn centred(x: Element, known: Known) -> vec3f {
  let r = x.row;
  let means = known.a.xyz;
  let difference = shift_free(r, x.z, x.u) * r.temperature;
  return vec3f(x.z - r.student_max - means.x, x.u - r.teacher_max - means.y, difference - means.z);
}

fn standardised_kl_learned(level: u32, sums: vec4f, params: vec4f, classes: f32) -> vec4f {
  if (level == 0u) { return sums / classes; }
  if (level == 2u) { return log_sums(sums); }
  let means = sums / (classes - 1.0);
  if (level == 3u) { return means; }
  let z = sqrt(means.x);
  let u = sqrt(means.y);
  return vec4f(z, u, -means.z / ((z + u) * (z + params.x) * (u + params.x)), 0.0);
}

fn standardised_is_flat(known: Known) -> bool {
  return known.b.x == 0.0 || known.b.y == 0.0;
}

// The softened standardised logits less their maxima, and their difference.
fn standardised_logits(x: Element, known: Known, epsilon: f32) -> vec3f {
  let r = x.row;
  let s = known.b;
  let u = (x.u - r.teacher_max) * r.inverse_temperature;
  let a = (x.z - r.student_max) * r.inverse_temperature / (s.x + epsilon);
  let b = u / (s.y + epsilon);
  let near = shift_free(r, x.z, x.u) / (s.x + epsilon) + u * s.z;
  return vec3f(a, b, select(a - b, near, abs(s.z) * (s.y + epsilon) < 0.25));
}

// p, q and log q − log p.
fn standardised_of(x: Element, known: Known, epsilon: f32) -> vec3f {
  let l = standardised_logits(x, known, epsilon);
  let d = l.z - known.c.z;
  let p = exp_safe(l.y - known.c.y);
  return vec3f(p, grown_of(p, d, l.x - known.c.x), d);
}

fn standardised_kl_extras(level: u32, x: Element, known: Known, params: vec4f) -> vec4f {
  let r = x.row;
  if (level == 0u) {
    return vec4f(x.z - r.student_max, x.u - r.teacher_max, shift_free(r, x.z, x.u) * r.temperature, 0.0);
  }
  let c = centred(x, known);
  if (level == 1u) { return vec4f(c.x * c.x, c.y * c.y, c.z * (c.x + c.y), 0.0); }
  if (standardised_is_flat(known)) { return vec4f(0.0); }
  if (level == 2u) {
    let l = standardised_logits(x, known, params.x);
    let student = exp_safe(l.x);
    let teacher = exp_safe(l.y);
    return vec4f(student, teacher, gap_from(teacher, student, l.z), 0.0);
  }
  let o = standardised_of(x, known, params.x);
  let spread = known.b.x + params.x;
  return vec4f(gap_from(o.x, o.y, o.z) * r.inverse_temperature * c.x / spread, 0.0, 0.0, 0.0);
}

fn standardised_kl_loss(x: Element, known: Known, params: vec4f) -> f32 {
  if (standardised_is_flat(known)) { return 0.0; }
  let o = standardised_of(x, known, params.x);
  return excess(o.x, o.z, o.y);
}

fn standardised_kl_plain(x: Element, known: Known, params: vec4f) -> f32 {
  if (standardised_is_flat(known)) { return 0.0; }
  let o = standardised_of(x, known, params.x);
  let s = known.b.x;
  let g = gap_from(o.x, o.y, o.z) * x.row.inverse_temperature;
  let tilt = centred(x, known).x / s * known.d.x;
  return (g - tilt) / (s + params.x);
}
