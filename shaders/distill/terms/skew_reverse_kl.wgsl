// KL(q ‖ m), m = (1−λ)p + λq (DistiLLM).  ∂L/∂log q = q·(log(q/m) − λ·q/m) up to a multiple of q.  λ is params.x, below 1;
// 0 is reverse KL.
// A term: x is one element of a row; kept.x is log(q/m) − λ(q/m − 1) at the student's top. Stable: log m by log-add-exp; q − p
// exact near 0; the slope is 0 at the top.

// `fall` is log(m/q); q/m − 1 = (1−λ)(q − p)/m.
fn skew_reverse_rise(fall: f32, p: f32, q: f32, gap: f32, lambda: f32) -> f32 {
  let share = 1.0 - lambda;
  return -fall - lambda * share * gap / max(share * p + lambda * q, 1e-37);
}

fn skew_reverse_kl_kept(row: Row, params: vec4f) -> vec4f {
  let lambda = max(params.x, 0.0);
  let fall = mixture_at_top(row, 1.0 - lambda);
  return vec4f(skew_reverse_rise(fall, row.p_top, row.q_top, row.gap_top, lambda), 0.0, 0.0, 0.0);
}

fn skew_reverse_kl_loss(x: Element, known: Known, params: vec4f, kept: vec4f) -> f32 {
  let lambda = max(params.x, 0.0);
  return excess(x.q, log_mixture_of(x, 1.0 - lambda).y, (1.0 - lambda) * x.p + lambda * x.q);
}

fn skew_reverse_kl_slope(x: Element, known: Known, params: vec4f, kept: vec4f) -> f32 {
  let lambda = max(params.x, 0.0);
  let fall = log_mixture_of(x, 1.0 - lambda).y;
  return x.q * (skew_reverse_rise(fall, x.p, x.q, x.gap, lambda) - kept.x);
}
