// The loss of a row of logits and its gradient: labels and up to four distillation terms, one thread a row.
//
//   L = label_weight/N_labelled · CE(z, y) + Σ_k term_weight_k/N · L_k(z, u);  gradient = ∂L/∂z, written once
//
// N counts valid rows, or labelled ones for a term that needs the label. logits, teacher, gradient [rows, V];
// labels [rows]; flags [rows] (bit 0 valid, bit 1 labelled); stats [rows, 16]:
//   0 weighted loss, 1 CE/N_labelled, 2…5 L_k/N, 6 |label gradient|², 7…10 |term gradient|², 11 correct/N_labelled,
//   12 agrees with the teacher/N_valid, 13 holds a logit that is not finite, 14 and 15 zero (hidden losses).
// Stable: terms/row.wgsl; a row with a broken logit hands it on in the gradient, where the finite check finds it.
// For few classes, and for adapters on which a barrier is dear; row_loss_wide.wgsl is the same for many classes.
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
  var tops = no_tops();
  for (var j = 0u; j < classes; j++) {
    tops = merge_tops(tops, tops_of(logits[first + j], teacher[first + j], j, label));
  }
  var row = start_row(tops, live.temperature, classes, label, bitcast<f32>(shape.one));
  let at_label = first + min(label, classes - 1u);
  let label_z = tame_student(logits[at_label]);
  let label_u = tame_teacher(teacher[at_label]);

  var sums = vec4f(0.0);
  var tilt = 0.0;
  for (var j = 0u; j < classes; j++) {
    let z = tame_student(logits[first + j]);
    sums += sums_of(row, z, tame_teacher(teacher[first + j]), j);
    tilt += z - row.student_max;
  }
  row = finish_row(row, sums, label_z, label_u);

  var known = Knowns();
  for (var level = 0u; level < LEVELS; level++) {
    var extras = mat4x4f();
    for (var j = 0u; j < classes; j++) {
      let x = element_of(row, tame_student(logits[first + j]), tame_teacher(teacher[first + j]), j);
      extras += extras_of(level, x, known, live);
    }
    known = learned(known, level, extras);
  }

  var losses = vec4f(0.0);
  var slope_sums = vec4f(0.0);
  if (TERMS) {
    for (var j = 0u; j < classes; j++) {
      let x = element_of(row, tame_student(logits[first + j]), tame_teacher(teacher[first + j]), j);
      losses += losses_of(x, known, live);
      slope_sums += slopes_of(x, known, live);
    }
  }

  let factors = factors_of(live, label);
  var squares = vec4f(0.0);
  var label_squares = 0.0;
  for (var j = 0u; j < classes; j++) {
    let found = weighted_gradient(row, logits[first + j], teacher[first + j], j, factors, known, slope_sums, live);
    squares = fma(found.terms, found.terms, squares);
    label_squares = fma(found.label, found.label, label_squares);
    write_gradient(first + j, found.total);
  }

  if (tops.broken != 0u) {
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
