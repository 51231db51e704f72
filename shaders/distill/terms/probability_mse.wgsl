// (1/V) Σ (q − p)².  ∂L/∂q = 2(q − p)/V.
// A term: x is one element of a row. Stable: q − p is exact near 0; the slope is 0 at the top.

fn probability_mse_loss(x: Element, known: Known, params: vec4f) -> f32 {
  return x.gap * x.gap * x.row.inverse_classes;
}

fn probability_mse_slope(x: Element, known: Known, params: vec4f) -> f32 {
  return 2.0 * x.q * (x.gap - x.row.gap_top) * x.row.inverse_classes;
}
