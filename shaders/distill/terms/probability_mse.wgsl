// (1/V) Σ (q − p)².  ∂L/∂q = 2(q − p)/V, and the gradient (2/V)·q_j·(q_j − p_j − Σ q(q − p))/T.
// A term: x is one element of a row; known.early.x is Σ q·(q − p − its value at the student's top), from
// q − p = q_top·((e^a − e^b) − Q·e^b). Stable: q − p is exact near 0; what is summed is 0 at the top.

fn probability_mse_early(x: Start, known: Known, params: vec4f) -> vec4f {
  let ratio = gap_from(x.teacher, x.student, x.delta);
  return x.student * vec4f(ratio - x.row.ratio_at_top, x.teacher - x.row.teacher_at_top, 0.0, 0.0);
}

fn probability_mse_early_learned(row: Row, sums: vec4f, known: Known, params: vec4f) -> vec4f {
  return vec4f(row.q_top * row.q_top * (sums.x - row.lift * sums.y), 0.0, 0.0, 0.0);
}

fn probability_mse_loss(x: Element, known: Known, params: vec4f) -> f32 {
  return x.gap * x.gap * x.row.inverse_classes;
}

fn probability_mse_plain(x: Element, known: Known, params: vec4f) -> f32 {
  let above = x.gap - x.row.gap_top - known.early.x;
  return 2.0 * x.q * above * x.row.inverse_classes * x.row.inverse_temperature;
}
