// KL(p′ ‖ q) (mini-finetuning): where the teacher's answer is not the label, p′ = (1−f)p + f·1[j = y] with
//   f = (p_max − p_y + τ)/(1 + p_max − p_y), else p′ = p.  ∂L/∂log q = q − p′ up to a multiple of q.  τ is params.x, below 1.
// A term: x is one element of a row. Stable: 1 − f = (1 − τ)/(1 + p_max − p_y), never 1 − a sum; every summand is ≥ 0.

// p′ and log q − log p′.
fn corrected_of(x: Element, tau: f32) -> vec2f {
  let r = x.row;
  if (r.teacher_top == r.label) { return vec2f(x.p, x.d); }
  let ahead = exp_safe(-r.log_sum_teacher) - r.label_p;
  let kept = (1.0 - tau) / (1.0 + ahead);
  if (!x.is_label) { return vec2f(kept * x.p, x.d - log(kept)); }
  let p = kept * x.p + (ahead + tau) / (1.0 + ahead);
  return vec2f(p, x.log_q - log(p));
}

fn corrected_teacher_loss(x: Element, known: Known, params: vec4f) -> f32 {
  let found = corrected_of(x, params.x);
  return excess(found.x, found.y, x.q);
}

fn corrected_teacher_slope(x: Element, known: Known, params: vec4f) -> f32 {
  let found = corrected_of(x, params.x);
  return gap_of(found.x, x.q, found.y);
}
