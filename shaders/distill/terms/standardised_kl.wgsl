// KL(p ‖ q) of standardised logits: z̃ = (z − mean)/(σ + ε), σ unbiased, and u alike; then softmax at T.  ε is params.x.
//   With g = (q − p)/T: (1/(σ+ε))·[g_j − z̃_j·((σ+ε)/σ)·Σ g z̃/(V−1)], since Σg = 0.  A row without variance: 0, and no gradient.
// A term: x is one element of a row. First sums: means, from the first logits. Early: σ_z, σ_u and 1/(σ_z + ε) − 1/(σ_u + ε). Level:
// logarithms of the sums of exponentials, and Σ g z̃/(V−1) from Σ(e^a − e^b)·z̃ and Σe^b·z̃, as q − p ∝ (e^a − e^b) − Q·e^b.
// Stable: where the spreads are alike, z̃ − ũ from z − u and from σ_u − σ_z, both exact near 0; then the forms of row.wgsl.

fn standardised_kl_first(z: f32, u: f32, start: vec2f, one: f32) -> vec4f {
  let from_start = exact_difference(start.x, start.y, one);
  return vec4f(z - start.x, u - start.y, apart_from(z, u, from_start, one), 0.0);
}

// Means of z − max z, of u − max u, and of their difference.
fn standardised_kl_first_learned(row: Row, sums: vec4f, known: Known, params: vec4f) -> vec4f {
  let apart = apart_from(row.first_z, row.first_u, vec2f(row.shift, row.shift_error), row.one);
  let start = vec3f(row.first_z - row.student_max, row.first_u - row.teacher_max, apart);
  return vec4f(sums.xyz * row.inverse_classes + start, 0.0);
}

// z − mean and u − mean, and their difference.
fn centred(r: Row, z: f32, u: f32, known: Known) -> vec3f {
  let means = known.first.xyz;
  let difference = apart_from(z, u, vec2f(r.shift, r.shift_error), r.one);
  return vec3f(z - r.student_max - means.x, u - r.teacher_max - means.y, difference - means.z);
}

fn standardised_kl_early(x: Start, known: Known, params: vec4f) -> vec4f {
  let c = centred(x.row, x.z, x.u, known);
  return vec4f(c.x * c.x, c.y * c.y, c.z * (c.x + c.y), 0.0);
}

fn standardised_kl_early_learned(row: Row, sums: vec4f, known: Known, params: vec4f) -> vec4f {
  let means = sums / (row.classes - 1.0);
  let z = sqrt(means.x);
  let u = sqrt(means.y);
  return vec4f(z, u, -means.z / ((z + u) * (z + params.x) * (u + params.x)), 0.0);
}

fn standardised_is_flat(known: Known) -> bool {
  return known.early.x == 0.0 || known.early.y == 0.0;
}

// The softened standardised logits less their maxima, and their difference.
fn standardised_logits(x: Element, known: Known, epsilon: f32) -> vec3f {
  let r = x.row;
  let s = known.early;
  let u = (x.u - r.teacher_max) * r.inverse_temperature;
  let a = (x.z - r.student_max) * r.inverse_temperature / (s.x + epsilon);
  let b = u / (s.y + epsilon);
  let near = shift_free(r, x.z, x.u) / (s.x + epsilon) + u * s.z;
  return vec3f(a, b, select(a - b, near, abs(s.z) * (s.y + epsilon) < 0.25));
}

fn standardised_kl_extras(level: u32, x: Element, known: Known, params: vec4f) -> vec4f {
  let l = standardised_logits(x, known, params.x);
  let student = exp_falling(l.x);
  let teacher = exp_falling(l.y);
  let ratio = gap_from(teacher, student, l.z);
  return select(vec4f(student, teacher, ratio, ratio * l.x), vec4f(0.0), standardised_is_flat(known));
}

fn standardised_kl_more(x: Element, known: Known, params: vec4f) -> vec4f {
  let l = standardised_logits(x, known, params.x);
  return select(vec4f(exp_falling(l.y) * l.x, 0.0, 0.0, 0.0), vec4f(0.0), standardised_is_flat(known));
}

// Of the level its sums, of what is summed more: logarithms and Σ g z̃/(V−1), for which z̃ may have any origin.
fn standardised_kl_learned(level: u32, row: Row, sums: vec4f, known: Known, params: vec4f) -> vec4f {
  if (level != MORE_LEVEL) { return sums; }
  let s = known.a;
  let tilt = (s.w - s.z / s.y * sums.x) / s.x;
  return vec4f(log_sums(s).xyz, tilt / (row.classes - 1.0));
}

// p, q and log q − log p.
fn standardised_of(x: Element, known: Known, epsilon: f32) -> vec3f {
  let l = standardised_logits(x, known, epsilon);
  return vec3f(exp_falling(l.y - known.d.y), exp_falling(l.x - known.d.x), l.z - known.d.z);
}

fn standardised_kl_loss(x: Element, known: Known, params: vec4f) -> f32 {
  let o = standardised_of(x, known, params.x);
  return select(excess(o.x, o.z, o.y), 0.0, standardised_is_flat(known));
}

fn standardised_kl_plain(x: Element, known: Known, params: vec4f) -> f32 {
  let o = standardised_of(x, known, params.x);
  let s = known.early.x;
  let g = gap_from(o.x, o.y, o.z) * x.row.inverse_temperature;
  let tilt = (x.z - x.row.student_max - known.first.x) / s * known.d.w;
  return select((g - tilt) / (s + params.x), 0.0, standardised_is_flat(known));
}
