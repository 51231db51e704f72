// Cross-entropy at T = 1 against the teacher's own answer t = argmax u: −log softmax(z)_t.  Gradient softmax(z) − 1[j = t].
// A term: x is one element of a row. Stable: where t is the student's answer too, the gradient at t is minus the others' sum.

fn hard_ce_loss(x: Element, known: Known, params: vec4f) -> f32 {
  return select(0.0, -x.log_q_one, x.teacher_top);
}

fn hard_ce_plain(x: Element, known: Known, params: vec4f) -> f32 {
  return x.miss;
}
