// ½ Σ |q − p|.  ∂L/∂q = ½ sign(q − p), which jumps where they are equal; within float32's rounding of equality it is 0.
// A term: x is one element of a row. Stable: q − p is exact near 0; the slope is 0 at the top.

fn side(d: f32) -> f32 {
  return select(sign(d), 0.0, abs(d) < 2e-6);
}

fn total_variation_loss(x: Element, known: Known, params: vec4f) -> f32 {
  return 0.5 * abs(x.gap);
}

fn total_variation_slope(x: Element, known: Known, params: vec4f) -> f32 {
  return 0.5 * x.q * (side(x.d) - side(x.row.d_top));
}
