// KL(q ‖ m), m = (1−λ)p + λq (DistiLLM).  ∂L/∂log q = q·(log(q/m) − λ·q/m) up to a multiple of q.  λ is params.x, below 1;
// 0 is reverse KL.
// A term: x is one element of a row; kept.x is log(q/m) − λ(q/m − 1) at the student's top. Stable: log m by log-add-exp in d;
// the slope is 0 at the top.

fn skew_reverse_rise(d: f32, lambda: f32) -> f32 {
  // q/m − 1 = (1−λ)(q − p)/m.
  let far = d > 0.0;
  let grown = expm1(-abs(d));
  let share = select(lambda, 1.0 - lambda, far);
  let base = log1p(share * grown);
  let over = (1.0 - lambda) * select(grown, -grown, far) / (1.0 + share * grown);
  return -select(base - d, base, far) - lambda * over;
}

fn skew_reverse_kl_kept(row: Row, params: vec4f) -> vec4f {
  return vec4f(skew_reverse_rise(row.d_top, params.x), 0.0, 0.0, 0.0);
}

fn skew_reverse_kl_loss(x: Element, known: Known, params: vec4f, kept: vec4f) -> f32 {
  let lambda = params.x;
  if (lambda <= 0.0) { return reverse_kl_loss(x, known, params); }
  return excess(x.q, log_mixture(lambda, x.d).y, (1.0 - lambda) * x.p + lambda * x.q);
}

fn skew_reverse_kl_slope(x: Element, known: Known, params: vec4f, kept: vec4f) -> f32 {
  let lambda = params.x;
  if (lambda <= 0.0) { return reverse_kl_slope(x, known, params); }
  return x.q * (skew_reverse_rise(x.d, lambda) - kept.x);
}
