// β KL(p ‖ m) + (1−β) KL(q ‖ m), m = βp + (1−β)q.  ∂L/∂log q = (1−β)·q·log(q/m).  β is params.x.
// At β = 0 and 1 it would be 0 for every student; there it is forward and reverse KL, as GKD and Liger have it.
// A term: x is one element of a row; kept.x is log(m/q) at the student's top. Stable: log m by log-add-exp in d, every summand ≥ 0; the slope is 0 at the top.

fn jsd_kept(row: Row, params: vec4f) -> vec4f {
  return vec4f(log_mixture(1.0 - params.x, row.d_top).y, 0.0, 0.0, 0.0);
}

fn jsd_loss(x: Element, known: Known, params: vec4f, kept: vec4f) -> f32 {
  let beta = params.x;
  if (beta <= 0.0) { return forward_kl_loss(x, known, params); }
  if (beta >= 1.0) { return reverse_kl_loss(x, known, params); }
  let m = beta * x.p + (1.0 - beta) * x.q;
  let over = log_mixture(1.0 - beta, x.d);
  return beta * excess(x.p, over.x, m) + (1.0 - beta) * excess(x.q, over.y, m);
}

fn jsd_slope(x: Element, known: Known, params: vec4f, kept: vec4f) -> f32 {
  let beta = params.x;
  if (beta <= 0.0) { return forward_kl_slope(x, known, params); }
  if (beta >= 1.0) { return reverse_kl_slope(x, known, params); }
  return (1.0 - beta) * x.q * (kept.x - log_mixture(1.0 - beta, x.d).y);
}
