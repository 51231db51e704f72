// KL(p ‖ q) of standardised logits: z̃ = (z − mean)/(σ + ε), σ unbiased, and u alike; then softmax at T.  ε is params.x.
//   With g = (q − p)/T: (1/(σ+ε))·[g_j − z̃_j·((σ+ε)/σ)·Σ g z̃/(V−1)], since Σg = 0.  A row without variance: 0, and no gradient.
// A term: x is one element of a row. Levels: means; variances and their difference; sums of exponentials; Σ g z̃.
// Stable: where the spreads are alike, z̃ − ũ from z − u and from σ_u − σ_z, both exact near 0; then the forms of row.wgsl.

// z − mean and u − mean, and their difference.
fn centred(x: Element, known: Known) -> vec3f {
  let r = x.row;
  let means = known.a.xyz * r.inverse_classes;
  let difference = shift_free(r, x.z, x.u) * r.temperature;
  return vec3f(x.z - r.student_max - means.x, x.u - r.teacher_max - means.y, difference - means.z);
}

// σ_z, σ_u, and 1/(σ_z + ε) − 1/(σ_u + ε)
fn deviations(x: Element, known: Known, epsilon: f32) -> vec3f {
  let variances = known.b.xyz / (x.row.classes - 1.0);
  let z = sqrt(variances.x);
  let u = sqrt(variances.y);
  return vec3f(z, u, -variances.z / ((z + u) * (z + epsilon) * (u + epsilon)));
}

fn standardised_is_flat(known: Known) -> bool {
  return known.b.x == 0.0 || known.b.y == 0.0;
}

// The softened standardised logits less their maxima, and their difference.
fn standardised_logits(x: Element, known: Known, epsilon: f32) -> vec3f {
  let r = x.row;
  let s = deviations(x, known, epsilon);
  let u = (x.u - r.teacher_max) * r.inverse_temperature;
  let a = (x.z - r.student_max) * r.inverse_temperature / (s.x + epsilon);
  let b = u / (s.y + epsilon);
  let near = shift_free(r, x.z, x.u) / (s.x + epsilon) + u * s.z;
  return vec3f(a, b, select(a - b, near, abs(s.z) * (s.y + epsilon) < 0.25));
}

// p, q and log q − log p.
fn standardised_of(x: Element, known: Known, epsilon: f32) -> vec3f {
  let l = standardised_logits(x, known, epsilon);
  let growth = known.c.z / known.c.y;
  var log_ratio = log(known.c.x) - log(known.c.y);
  if (abs(growth) < 1.0 && growth > -0.5) { log_ratio = log1p(growth); }
  let d = l.z - log_ratio;
  let p = exp_safe(l.y - log(known.c.y));
  return vec3f(p, select(p * exp_safe(d), exp_safe(l.x - log(known.c.x)), d > 10.0), d);
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
    let ratio = select(student - teacher, teacher * expm1(clamp(l.z, -1.0, 1.0)), abs(l.z) < 0.25);
    return vec4f(student, teacher, ratio, 0.0);
  }
  let o = standardised_of(x, known, params.x);
  let spread = deviations(x, known, params.x).x + params.x;
  return vec4f(gap_of(o.x, o.y, o.z) * r.inverse_temperature * c.x / spread, 0.0, 0.0, 0.0);
}

fn standardised_kl_loss(x: Element, known: Known, params: vec4f) -> f32 {
  if (standardised_is_flat(known)) { return 0.0; }
  let o = standardised_of(x, known, params.x);
  return excess(o.x, o.z, o.y);
}

fn standardised_kl_plain(x: Element, known: Known, params: vec4f) -> f32 {
  if (standardised_is_flat(known)) { return 0.0; }
  let o = standardised_of(x, known, params.x);
  let s = deviations(x, known, params.x).x;
  let g = gap_of(o.x, o.y, o.z) * x.row.inverse_temperature;
  let tilt = centred(x, known).x / s * (known.d.x / (x.row.classes - 1.0));
  return (g - tilt) / (s + params.x);
}
