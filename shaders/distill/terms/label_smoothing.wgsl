// Cross-entropy at T = 1 with (1−ε) on the label and ε/V on every class.  Gradient q − ((1−ε)·1[j = y] + ε/V). ε is params.x.
// A term: x is one element of a row. Stable: every summand is ≥ 0.

fn label_smoothing_loss(x: Element, known: Known, params: vec4f) -> f32 {
  let target_share = select(0.0, 1.0 - params.x, x.is_label) + params.x * x.row.inverse_classes;
  return -target_share * x.log_q_one;
}

fn label_smoothing_plain(x: Element, known: Known, params: vec4f) -> f32 {
  return x.label_miss + params.x * (select(0.0, 1.0, x.is_label) - x.row.inverse_classes);
}
