// The loss of a row of logits and its gradient: labels and up to four distillation terms, one thread a row.
//
//   L = label_weight/N_labelled · CE(z, y) + Σ_k term_weight_k/N · L_k(z, u);  gradient = ∂L/∂z, written once
//
// N counts valid rows, or labelled ones for a term that needs the label. logits, teacher, gradient [rows, V];
// labels [rows]; flags [rows] (bit 0 valid, bit 1 labelled); stats [rows, 16]:
//   0 weighted loss, 1 CE/N_labelled, 2…5 L_k/N, 6 |label gradient|², 7…10 |term gradient|², 11 correct/N_labelled,
//   12 agrees with the teacher/N_valid, 13 holds a logit that is not finite, 14 and 15 zero (hidden losses).
// Stable: terms/row.wgsl; a row with a broken logit hands it on in the gradient, where the finite check finds it.
// Three sweeps over the row: the largest elements; sums of exponentials; losses and gradient. Terms may add to the first two,
// and need one more for a slope whose sum nothing else gives, and for each level of sums of their own. The slope of a term
// that is alone waits in the gradient's place from one sweep to the next.
// For few classes, and for more where a CPU plays the GPU and a barrier is dear; row_loss_wide.wgsl is the same with a workgroup a row.
// Bindings are in terms/apart.wgsl, or in terms/in_place.wgsl where the gradient takes the place of the logits.

override WORKGROUP: u32 = 32u;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let r = flat_index(id, groups, WORKGROUP);
  if (r >= shape.rows) { return; }
  let classes = shape.classes;
  let first = r * classes;
  for (var s = 0u; s < STATS; s++) { stats[r * STATS + s] = 0.0; }
  if ((flags[r] & VALID) == 0u) {
    for (var j = 0u; j < classes; j++) { write_gradient(first + j, 0.0); }
    return;
  }

  let label = label_of(flags[r], labels[r], classes);
  var known = Knowns();
  var tops = no_tops();
  var firsts = mat4x4f();
  let start = vec2f(clamped(logits[first]), clamped(teacher[first]));
  let one = bitcast<f32>(shape.one);
  for (var j = 0u; j < classes; j++) {
    let raw = vec2f(logits[first + j], teacher[first + j]);
    tops = with_top(tops, raw.x, raw.y, j, label);
    if (FIRSTS) { firsts += firsts_of(clamped(raw.x), clamped(raw.y), start, one); }
  }
  var row = start_row(tops, live.temperature, classes, label, start, one);
  if (FIRSTS) { known = knowing_firsts(known, row, firsts); }
  let at_label = first + min(label, classes - 1u);
  let label_z = clamped(logits[at_label]);
  let label_u = clamped(teacher[at_label]);

  var sums = vec4f(0.0);
  var early = mat4x4f();
  var tilt = 0.0;
  for (var j = 0u; j < classes; j++) {
    let x = start_of(row, clamped(logits[first + j]), clamped(teacher[first + j]), j);
    sums += sums_of(x);
    if (EARLY) { early += early_of(x, known, live); }
    tilt += x.z - row.student_max;
  }
  row = finish_row(row, sums, label_z, label_u);
  if (EARLY) { known = knowing_early(known, row, early); }

  for (var level = 0u; level < LEVELS; level++) {
    var extras = mat4x4f();
    var more = mat4x4f();
    for (var j = 0u; j < classes; j++) {
      let x = element_of(row, clamped(logits[first + j]), clamped(teacher[first + j]), j);
      extras += extras_of(level, x, known, live);
      if (MORE) { more += more_of(x, known, live); }
    }
    known = learned(known, level, row, extras);
    if (MORE) { known = learned(known, MORE_LEVEL, row, more); }
  }

  var slope_sums = vec4f(0.0);
  var losses = vec4f(0.0);
  if (SLOPES) {
    for (var j = 0u; j < classes; j++) {
      let x = element_of(row, clamped(logits[first + j]), clamped(teacher[first + j]), j);
      let slopes = slopes_of(x, known, live);
      slope_sums += slopes;
      if (HELD) {
        losses += losses_of(x, known, live);
        write_gradient(first + j, slopes.x);
      }
    }
  }

  let factors = factors_of(live, label);
  var squares = vec4f(0.0);
  var label_squares = 0.0;
  let whole = select(classes, 0u, row.broken);
  for (var j = 0u; j < whole; j++) {
    let x = element_of(row, clamped(logits[first + j]), clamped(teacher[first + j]), j);
    let found = weighted_gradient(x, factors, known, slope_sums, held_slope(first + j), live);
    if (TERMS && !HELD) { losses += losses_of(x, known, live); }
    squares = fma(found.terms, found.terms, squares);
    label_squares = fma(found.label, found.label, label_squares);
    write_gradient(first + j, found.total);
  }
  for (var j = whole; j < classes; j++) {
    write_gradient(first + j, broken_of(logits[first + j], teacher[first + j]));
  }

  if (row.broken) {
    stats[r * STATS + 13u] = 1.0;
    return;
  }
  let answer = select(0.0, label_z - row.student_max, label != NO_LABEL);
  let ce = label_loss(row, label, answer, tilt, live.smoothing);
  let counts = inverse_counts_of(live, label != NO_LABEL);
  let at = r * STATS;
  stats[at] = factors.label * ce + dot(factors.terms, losses);
  stats[at + 1u] = ce * live.inverse_labelled;
  for (var k = 0u; k < 4u; k++) {
    stats[at + 2u + k] = losses[k] * counts[k];
    stats[at + 7u + k] = squares[k];
  }
  stats[at + 6u] = label_squares;
  stats[at + 11u] = select(0.0, live.inverse_labelled, label == row.student_top);
  stats[at + 12u] = select(0.0, live.inverse_valid, row.teacher_top == row.student_top);
}
