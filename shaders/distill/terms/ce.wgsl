// Cross-entropy with the label at T = 1: −log softmax(z)_y.  Gradient softmax(z) − 1[j = y].
// A term: x is one element of a row. Stable: where y is the student's answer too, the gradient at y is minus the others' sum.

fn ce_loss(x: Element, known: Known, params: vec4f) -> f32 {
  return select(0.0, -x.log_q_one, x.is_label);
}

fn ce_plain(x: Element, known: Known, params: vec4f) -> f32 {
  return x.label_miss;
}
