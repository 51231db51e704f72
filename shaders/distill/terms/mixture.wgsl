// What the divergences from a mixture m = βp + (1−β)q have in common. A library of terms: no bindings, no entry point.
// Stable: log m by log-add-exp (terms/series.wgsl); every summand of the loss is ≥ 0.

// log(m/p) and log(m/q).
fn log_mixture_of(x: Element, beta: f32) -> vec2f {
  return log_mixture(1.0 - beta, x.p, x.q, x.gap, x.d);
}

fn mixture_at_top(row: Row, beta: f32) -> f32 {
  return log_mixture(1.0 - beta, row.p_top, row.q_top, row.gap_top, row.d_top).y;
}

// What KL(p ‖ m) weighs beside KL(q ‖ m): β, but at its ends, where m is q or p and only the other divergence is left.
fn mixture_share(beta: f32) -> f32 {
  return select(beta, 1.0 - beta, beta == 0.0 || beta == 1.0);
}

// w·KL(p ‖ m) + (1−w)·KL(q ‖ m) as wp(e^λ − 1 − λ) + (1−w)q(e^μ − 1 − μ) with λ = log(m/p), μ = log(m/q) and w the share above;
// wp·e^λ + (1−w)q·e^μ = m.
fn mixture_loss(x: Element, beta: f32) -> f32 {
  let over = log_mixture_of(x, beta);
  let share = mixture_share(beta);
  let shares = vec2f(share * x.p, (1.0 - share) * x.q);
  let far = (share - beta) * x.gap - dot(shares, over);
  return select(far, shares.x * growth(over.x) + shares.y * growth(over.y), x.near);
}
