// (1−λ) KL(p ‖ q) + λ KL(q ‖ p).  The gradient is the same sum. λ is params.x.
// A term: x is one element of a row. Stable: as its two parts.

fn jeffreys_loss(x: Element, known: Known, params: vec4f) -> f32 {
  return (1.0 - params.x) * forward_kl_loss(x, known, params) + params.x * reverse_kl_loss(x, known, params);
}

fn jeffreys_slope(x: Element, known: Known, params: vec4f) -> f32 {
  return (1.0 - params.x) * forward_kl_slope(x, known, params) + params.x * reverse_kl_slope(x, known, params);
}
