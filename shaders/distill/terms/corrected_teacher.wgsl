// KL(p′ ‖ q) (mini-finetuning): where the teacher's answer is not the label, p′ = (1−f)p + f·1[j = y] with
//   f = (p_max − p_y + τ)/(1 + p_max − p_y), else p′ = p.  Gradient (q − p′)/T.  τ is params.x, below 1.
// A term: x is one element of a row; kept is 1−f, its logarithm, and p′ and log p′ at the label. Stable: 1 − f = (1 − τ)/(1 + p_max − p_y), never 1 − a sum; every summand is ≥ 0.

fn corrected_teacher_kept(r: Row, params: vec4f) -> vec4f {
  if (r.teacher_top == r.label) { return vec4f(1.0, 0.0, r.label_p, r.label_log_p); }
  let ahead = exp_safe(-r.log_sum_teacher) - r.label_p;
  let kept = (1.0 - params.x) / (1.0 + ahead);
  let p = kept * r.label_p + (ahead + params.x) / (1.0 + ahead);
  return vec4f(kept, log(kept), p, log(p));
}

// p′ and log q − log p′.
fn corrected_of(x: Element, kept: vec4f) -> vec2f {
  if (x.is_label && x.row.teacher_top != x.row.label) { return vec2f(kept.z, x.log_q - kept.w); }
  return vec2f(kept.x * x.p, x.d - kept.y);
}

fn corrected_teacher_loss(x: Element, known: Known, params: vec4f, kept: vec4f) -> f32 {
  let found = corrected_of(x, kept);
  return excess(found.x, found.y, x.q);
}

fn corrected_teacher_plain(x: Element, known: Known, params: vec4f, kept: vec4f) -> f32 {
  let found = corrected_of(x, kept);
  return gap_from(found.x, x.q, found.y) * x.row.inverse_temperature;
}
