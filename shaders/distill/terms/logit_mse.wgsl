// (1/V) Σ (z − u)², of the raw logits: the temperature plays no part.  Gradient 2(z − u)/V.
// A term: x is one element of a row. Stable: squares of at most 2e6.

fn logit_mse_loss(x: Element, known: Known, params: vec4f) -> f32 {
  return x.difference * x.difference * x.row.inverse_classes;
}

fn logit_mse_plain(x: Element, known: Known, params: vec4f) -> f32 {
  return 2.0 * x.difference * x.row.inverse_classes;
}
