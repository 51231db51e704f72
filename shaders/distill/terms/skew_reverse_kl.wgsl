// KL(q ‖ m), m = (1−λ)p + λq (DistiLLM).  ∂L/∂log q = q·(log(q/m) − λ·q/m) up to a multiple of q.  λ is params.x, below 1;
// 0 is reverse KL.
// A term: x is one element of a row. Stable: log m by log-add-exp in d; the slope is 0 at the top.

fn skew_reverse_rise(d: f32, lambda: f32) -> f32 {
  let fall = log_mix(1.0 - lambda, -d);
  return -fall - lambda * expm1(-fall);
}

fn skew_reverse_kl_loss(x: Element, known: Known, params: vec4f) -> f32 {
  let lambda = params.x;
  if (lambda <= 0.0) { return reverse_kl_loss(x, known, params); }
  return excess(x.q, log_mix(1.0 - lambda, -x.d), (1.0 - lambda) * x.p + lambda * x.q);
}

fn skew_reverse_kl_slope(x: Element, known: Known, params: vec4f) -> f32 {
  let lambda = params.x;
  if (lambda <= 0.0) { return reverse_kl_slope(x, known, params); }
  return x.q * (skew_reverse_rise(x.d, lambda) - skew_reverse_rise(x.row.d_top, lambda));
}
