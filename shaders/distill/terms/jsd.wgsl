// β KL(p ‖ m) + (1−β) KL(q ‖ m), m = βp + (1−β)q.  ∂L/∂log q = (1−β)·q·log(q/m).  β is params.x.
// At β = 0 and 1 it would be 0 for every student; there it is forward and reverse KL, as GKD and Liger have it.
// A term: x is one element of a row; kept is log(m/q) at the student's top, the share of q's divergence and of q − p, and β.
// Stable: terms/mixture.wgsl; the slope is 0 at the top.

fn jsd_kept(row: Row, params: vec4f) -> vec4f {
  let beta = clamp(params.x, 0.0, 1.0);
  return vec4f(mixture_at_top(row, beta), 1.0 - mixture_share(beta), select(0.0, 1.0, beta == 0.0), beta);
}

fn jsd_loss(x: Element, known: Known, params: vec4f, kept: vec4f) -> f32 {
  return mixture_loss(x, kept.w);
}

fn jsd_slope(x: Element, known: Known, params: vec4f, kept: vec4f) -> f32 {
  return fma(kept.y * x.q, kept.x - log_mixture_of(x, kept.w).y, kept.z * x.gap);
}
