// β KL(p ‖ m) + (1−β) KL(q ‖ m), m = βp + (1−β)q.  ∂L/∂log q = (1−β)·q·log(q/m).  β is params.x.
// At β = 0 and 1 it would be 0 for every student; there it is forward and reverse KL, as GKD and Liger have it.
// A term: x is one element of a row; kept.x is log(m/q) at the student's top. Stable: terms/mixture.wgsl; the slope is 0 at the top.

fn jsd_kept(row: Row, params: vec4f) -> vec4f {
  return vec4f(mixture_at_top(row, params.x), 0.0, 0.0, 0.0);
}

fn jsd_loss(x: Element, known: Known, params: vec4f, kept: vec4f) -> f32 {
  let beta = params.x;
  let end = mixture_end_loss(x, beta);
  return select(mixture_loss(x, beta), end, beta <= 0.0 || beta >= 1.0);
}

fn jsd_slope(x: Element, known: Known, params: vec4f, kept: vec4f) -> f32 {
  let beta = params.x;
  let end = mixture_end_slope(x, beta);
  return select((1.0 - beta) * x.q * (kept.x - log_mixture_of(x, beta).y), end, beta <= 0.0 || beta >= 1.0);
}
