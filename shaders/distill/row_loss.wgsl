// The loss of a row of logits and its gradient: labels and up to four distillation terms, one thread a row.
//
//   L = label_weight/N_labelled · CE(z, y) + Σ_k term_weight_k/N_valid · L_k(z, u);  gradient = ∂L/∂z, written once
//
// logits, teacher, gradient [rows, V]; labels [rows]; flags [rows] (bit 0 valid, bit 1 labelled); stats [rows, 16]:
//   0 weighted loss, 1 CE/N_labelled, 2…5 L_k/N_valid, 6 |label gradient|², 7…10 |term gradient|², 11 correct/N_labelled,
//   12 agrees with the teacher/N_valid, 13 holds a logit that is not finite, 14 and 15 zero (hidden losses).
// Stable: terms/row.wgsl; a row with a broken logit hands it on in the gradient, where the finite check finds it.
// For few classes, and for adapters on which a barrier is dear; row_loss_wide.wgsl is the same for many classes.

struct Shape {
  rows: u32,
  classes: u32,
  // the bits of 1.0
  one: u32,
}

override WORKGROUP: u32 = 32u;

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> teacher: array<f32>;
@group(0) @binding(2) var<storage, read> labels: array<u32>;
@group(0) @binding(3) var<storage, read> flags: array<u32>;
@group(0) @binding(4) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(5) var<storage, read_write> stats: array<f32>;
@group(0) @binding(6) var<uniform> shape: Shape;
@group(0) @binding(7) var<uniform> live: Live;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let r = flat_index(id, groups, WORKGROUP);
  if (r >= shape.rows) { return; }
  let classes = shape.classes;
  let first = r * classes;
  for (var s = 0u; s < STATS; s++) { stats[r * STATS + s] = 0.0; }
  if ((flags[r] & VALID) == 0u) {
    for (var j = 0u; j < classes; j++) { gradient[first + j] = 0.0; }
    return;
  }

  var tops = no_tops();
  for (var j = 0u; j < classes; j++) {
    tops = merge_tops(tops, tops_of(logits[first + j], teacher[first + j], j));
  }
  var row = start_row(tops, live.temperature, classes, bitcast<f32>(shape.one));

  var sums = vec4f(0.0);
  var tilt = 0.0;
  for (var j = 0u; j < classes; j++) {
    let z = tame_student(logits[first + j]);
    sums += sums_of(row, z, tame_teacher(teacher[first + j]), j);
    tilt += z - row.student_max;
  }
  row = finish_row(row, sums);

  var losses = vec4f(0.0);
  var slope_sums = vec4f(0.0);
  if (TERM0 != 0u) {
    for (var j = 0u; j < classes; j++) {
      let x = element_of(row, tame_student(logits[first + j]), tame_teacher(teacher[first + j]), j);
      losses += losses_of(x, live.term_beta);
      slope_sums += slopes_of(x, live.term_beta);
    }
  }

  let label = label_of(flags[r], labels[r], classes);
  let factors = factors_of(live, label);
  var squares = vec4f(0.0);
  var label_squares = 0.0;
  for (var j = 0u; j < classes; j++) {
    let raw_z = logits[first + j];
    let raw_u = teacher[first + j];
    let found = weighted_gradient(row, raw_z, raw_u, j, label, factors, slope_sums, live);
    squares = fma(found.terms, found.terms, squares);
    label_squares = fma(found.label, found.label, label_squares);
    gradient[first + j] = found.total;
  }

  if (tops.broken != 0u) {
    stats[r * STATS + 13u] = 1.0;
    return;
  }
  let answer = select(0.0, tame_student(logits[first + min(label, classes - 1u)]) - row.student_max, label != NO_LABEL);
  let ce = label_loss(row, label, answer, tilt, live.smoothing);
  let at = r * STATS;
  stats[at] = factors.label * ce + dot(factors.terms, losses);
  stats[at + 1u] = ce * live.inverse_labelled;
  for (var k = 0u; k < 4u; k++) {
    stats[at + 2u + k] = losses[k] * live.inverse_valid;
    stats[at + 7u + k] = squares[k];
  }
  stats[at + 6u] = label_squares;
  stats[at + 11u] = select(0.0, live.inverse_labelled, label == row.student_top);
  stats[at + 12u] = select(0.0, live.inverse_valid, row.teacher_top == row.student_top);
}
