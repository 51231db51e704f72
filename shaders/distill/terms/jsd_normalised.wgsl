// (β KL(p ‖ m) + (1−β) KL(q ‖ m)) / (β(1−β)), m = βp + (1−β)q: forward KL at β = 0, reverse KL at β = 1.
// ∂L/∂log q = q·log(q/m)/β up to a multiple of q. A term: x is one element of a row; kept.x is log(m/q) at the student's top.
// Stable: terms/mixture.wgsl; the slope is 0 at the top; β nearer to an end than .02 is rounded to .02 or to the end, since
// float32 loses 1/β of the digits.

fn jsd_beta(beta: f32) -> f32 {
  return select(clamp(beta, 0.02, 0.98), select(0.0, 1.0, beta > 0.5), beta < 0.01 || beta > 0.99);
}

fn jsd_normalised_kept(row: Row, params: vec4f) -> vec4f {
  let beta = clamp(params.x, 0.02, 0.98);
  return vec4f(mixture_at_top(row, beta), 1.0 / beta, 1.0 / (beta * (1.0 - beta)), jsd_beta(params.x));
}

fn jsd_normalised_loss(x: Element, known: Known, params: vec4f, kept: vec4f) -> f32 {
  let beta = kept.w;
  return select(mixture_loss(x, beta) * kept.z, mixture_end_loss(x, beta), beta == 0.0 || beta == 1.0);
}

fn jsd_normalised_slope(x: Element, known: Known, params: vec4f, kept: vec4f) -> f32 {
  let beta = kept.w;
  let between = x.q * (kept.x - log_mixture_of(x, beta).y) * kept.y;
  return select(between, mixture_end_slope(x, beta), beta == 0.0 || beta == 1.0);
}
