// (β KL(p ‖ m) + (1−β) KL(q ‖ m)) / (β(1−β)), m = βp + (1−β)q: forward KL at β = 0, reverse KL at β = 1.
// With λ = log(m/p), μ = log(m/q):  Σ p(e^λ − 1 − λ)/(1−β) + q(e^μ − 1 − μ)/β, every term ≥ 0;  ∂L/∂log q = −q·μ/β
// up to a multiple of q. A term: x is one element of a row; kept.x is μ at the student's top. Stable: λ and μ by log-add-exp in
// d, exact near 0; the slope is 0 at the top; β nearer to an end than .02 is rounded to .02 or to the end, since float32 loses 1/β of the digits.

fn jsd_beta(beta: f32) -> f32 {
  if (beta < 0.01) { return 0.0; }
  if (beta > 0.99) { return 1.0; }
  return clamp(beta, 0.02, 0.98);
}

fn jsd_normalised_kept(row: Row, params: vec4f) -> vec4f {
  return vec4f(log_mixture(1.0 - jsd_beta(params.x), row.d_top).y, 0.0, 0.0, 0.0);
}

fn jsd_normalised_loss(x: Element, known: Known, params: vec4f, kept: vec4f) -> f32 {
  let beta = jsd_beta(params.x);
  if (beta == 0.0) { return forward_kl_loss(x, known, params); }
  if (beta == 1.0) { return reverse_kl_loss(x, known, params); }
  let m = beta * x.p + (1.0 - beta) * x.q;
  let over = log_mixture(1.0 - beta, x.d);
  return excess(x.p, over.x, m) / (1.0 - beta) + excess(x.q, over.y, m) / beta;
}

fn jsd_normalised_slope(x: Element, known: Known, params: vec4f, kept: vec4f) -> f32 {
  let beta = jsd_beta(params.x);
  if (beta == 0.0) { return forward_kl_slope(x, known, params); }
  if (beta == 1.0) { return reverse_kl_slope(x, known, params); }
  return x.q * (kept.x - log_mixture(1.0 - beta, x.d).y) / beta;
}
