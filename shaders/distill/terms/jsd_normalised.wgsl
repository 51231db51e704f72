// (β KL(p ‖ m) + (1−β) KL(q ‖ m)) / (β(1−β)), m = βp + (1−β)q: forward KL at β = 0, reverse KL at β = 1.
// ∂L/∂log q = q·log(q/m)/β up to a multiple of q. A term: x is one element of a row; kept is log(m/q) at the student's top, what multiplies
// slope and loss, and β.
// Stable: terms/mixture.wgsl; the slope is 0 at the top; β nearer to an end than .02 is rounded to .02 or to the end, since
// float32 loses 1/β of the digits.

fn jsd_beta(beta: f32) -> f32 {
  return select(clamp(beta, 0.02, 0.98), select(0.0, 1.0, beta > 0.5), beta < 0.01 || beta > 0.99);
}

fn jsd_normalised_kept(row: Row, params: vec4f) -> vec4f {
  let beta = jsd_beta(params.x);
  let end = beta == 0.0 || beta == 1.0;
  let scale = select(1.0 / (beta * (1.0 - beta)), 1.0, end);
  return vec4f(mixture_at_top(row, beta), (1.0 - mixture_share(beta)) * scale, scale, beta);
}

fn jsd_normalised_loss(x: Element, known: Known, params: vec4f, kept: vec4f) -> f32 {
  return mixture_loss(x, kept.w) * kept.z;
}

fn jsd_normalised_slope(x: Element, known: Known, params: vec4f, kept: vec4f) -> f32 {
  let forward = select(0.0, x.gap, kept.w == 0.0);
  return fma(kept.y * x.q, kept.x - log_mixture_of(x, kept.w).y, forward);
}
