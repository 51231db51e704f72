// −Σ p log q: forward KL plus the teacher's entropy, so its minimum is not 0; the gradient is that of forward KL.
// A term: x is one element of a row. Stable: every summand is ≥ 0.

fn soft_ce_loss(x: Element, known: Known, params: vec4f) -> f32 {
  return -x.p * x.log_q;
}

fn soft_ce_plain(x: Element, known: Known, params: vec4f) -> f32 {
  return x.gap * x.row.inverse_temperature;
}
