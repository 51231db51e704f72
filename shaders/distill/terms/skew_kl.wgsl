// KL(p ‖ m), m = λp + (1−λ)q (DistiLLM).  ∂L/∂log q = −(1−λ)·q·p/m, which is (1−λ)²·q·(q − p)/m up to a multiple of q.
// λ is params.x, below 1; 0 is forward KL.
// A term: x is one element of a row; kept.x is (q − p)/m at the student's top. Stable: log m by log-add-exp; q − p exact near 0.

// A distribution's smallest number has no share in what is divided by it.
fn skew_ratio(p: f32, q: f32, gap: f32, lambda: f32) -> f32 {
  return gap / max(lambda * p + (1.0 - lambda) * q, 1e-37);
}

fn skew_kl_kept(row: Row, params: vec4f) -> vec4f {
  return vec4f(skew_ratio(row.p_top, row.q_top, row.gap_top, params.x), 0.0, 0.0, 0.0);
}

fn skew_kl_loss(x: Element, known: Known, params: vec4f, kept: vec4f) -> f32 {
  let lambda = max(params.x, 0.0);
  return excess(x.p, log_mixture_of(x, lambda).x, lambda * x.p + (1.0 - lambda) * x.q);
}

fn skew_kl_slope(x: Element, known: Known, params: vec4f, kept: vec4f) -> f32 {
  let share = 1.0 - params.x;
  let between = share * share * x.q * (skew_ratio(x.p, x.q, x.gap, params.x) - kept.x);
  return select(between, x.gap, params.x <= 0.0);
}
