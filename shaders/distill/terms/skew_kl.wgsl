// KL(p ‖ m), m = λp + (1−λ)q (DistiLLM).  ∂L/∂log q = −(1−λ)·q·p/m, which is (1−λ)²·q·(q − p)/m up to a multiple of q.
// λ is params.x, below 1; 0 is forward KL.
// A term: x is one element of a row; kept.x is (q − p)/m at the student's top. Stable: log m by log-add-exp in d; (q − p)/m
// in d alone, bounded by 1/λ, exact near 0.

fn skew_ratio(d: f32, lambda: f32) -> f32 {
  let grown = expm1(-abs(d));
  return select(grown, -grown, d > 0.0) / (1.0 + select(1.0 - lambda, lambda, d > 0.0) * grown);
}

fn skew_kl_kept(row: Row, params: vec4f) -> vec4f {
  return vec4f(skew_ratio(row.d_top, params.x), 0.0, 0.0, 0.0);
}

fn skew_kl_loss(x: Element, known: Known, params: vec4f, kept: vec4f) -> f32 {
  let lambda = params.x;
  if (lambda <= 0.0) { return forward_kl_loss(x, known, params); }
  return excess(x.p, log_mix(1.0 - lambda, x.d), lambda * x.p + (1.0 - lambda) * x.q);
}

fn skew_kl_slope(x: Element, known: Known, params: vec4f, kept: vec4f) -> f32 {
  let lambda = params.x;
  if (lambda <= 0.0) { return forward_kl_slope(x, known, params); }
  let share = 1.0 - lambda;
  return share * share * x.q * (skew_ratio(x.d, lambda) - kept.x);
}
