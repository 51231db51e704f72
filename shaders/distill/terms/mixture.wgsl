// What the divergences from a mixture m = βp + (1−β)q have in common. A library of terms: no bindings, no entry point.
// Stable: log m by log-add-exp (terms/series.wgsl); every summand of the loss is ≥ 0.

// log(m/p) and log(m/q).
fn log_mixture_of(x: Element, beta: f32) -> vec2f {
  return log_mixture(1.0 - beta, x.p, x.q, x.gap, x.d);
}

fn mixture_at_top(row: Row, beta: f32) -> f32 {
  return log_mixture(1.0 - beta, row.p_top, row.q_top, row.gap_top, row.d_top).y;
}

// βp(e^λ − 1 − λ) + (1−β)q(e^μ − 1 − μ) with λ = log(m/p), μ = log(m/q), since βp·e^λ + (1−β)q·e^μ = m = βp + (1−β)q.
fn mixture_loss(x: Element, beta: f32) -> f32 {
  let over = log_mixture_of(x, beta);
  let shares = vec2f(beta * x.p, (1.0 - beta) * x.q);
  return select(-dot(shares, over), shares.x * growth(over.x) + shares.y * growth(over.y), x.near);
}

// Forward KL at β = 0, reverse KL at β = 1.
fn mixture_end_loss(x: Element, beta: f32) -> f32 {
  let forward = excess(x.p, x.d, x.q);
  let reverse = select(x.q * x.d - x.gap, x.p * (x.d * x.d - x.grown * (1.0 - x.d)), x.near);
  return select(forward, reverse, beta > 0.5);
}

fn mixture_end_slope(x: Element, beta: f32) -> f32 {
  return select(x.gap, x.q * x.rise, beta > 0.5);
}
