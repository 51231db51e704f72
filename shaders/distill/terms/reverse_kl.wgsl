// KL(q ‖ p) = Σ q d = Σ q (e^−d − 1 + d), every term ≥ 0.  Gradient q_j·(d_j − Σ q d)/T, and d may be moved by any number.
// A term: x is one element of a row; known.early.x is Σ e^a·rise. Stable: d is a difference of two log-softmaxes, exact near
// 0, where e^−d − 1 + d is e^−d·(d² − (e^d − 1 − d)(1 − d)); its rise is 0 at the top.

fn reverse_kl_early(x: Start, known: Known, params: vec4f) -> vec4f {
  return vec4f(x.student * (x.delta - x.row.delta_top), 0.0, 0.0, 0.0);
}

fn reverse_kl_loss(x: Element, known: Known, params: vec4f) -> f32 {
  return select(x.q * x.d - x.gap, x.p * (x.d * x.d - x.grown * (1.0 - x.d)), x.near);
}

fn reverse_kl_plain(x: Element, known: Known, params: vec4f) -> f32 {
  return x.q * (x.rise - known.early.x * x.row.q_top) * x.row.inverse_temperature;
}
