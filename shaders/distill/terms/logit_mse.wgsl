// (1/V) Σ (z − u)², of the raw logits: the temperature plays no part.  Gradient 2(z − u)/V.
// A term: x is one element of a row. Stable: squares of at most 2e6.

fn logit_mse_loss(x: Element) -> f32 {
  return x.difference * x.difference * x.inverse_classes;
}

fn logit_mse_slope(x: Element) -> f32 {
  return 2.0 * x.difference * x.inverse_classes;
}
