// (1−λ) KL(p ‖ q) + λ KL(q ‖ p).  The gradient is the same sum. λ is params.x.
// A term: x is one element of a row. Stable: as its two parts.

fn jeffreys_early(x: Start, known: Known, params: vec4f) -> vec4f {
  return reverse_kl_early(x, known, params);
}

fn jeffreys_loss(x: Element, known: Known, params: vec4f) -> f32 {
  return (1.0 - params.x) * forward_kl_loss(x, known, params) + params.x * reverse_kl_loss(x, known, params);
}

fn jeffreys_plain(x: Element, known: Known, params: vec4f) -> f32 {
  return (1.0 - params.x) * forward_kl_plain(x, known, params) + params.x * reverse_kl_plain(x, known, params);
}
