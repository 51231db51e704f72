// The loss of a row of logits and its gradient, as row_loss.wgsl (same statistics and sweeps), for a GPU: LANES lanes a row, which is
// read once and stays in their registers.
//
//   L = label_weight/N_labelled · CE(z, y) + Σ_k term_weight_k/N · L_k(z, u);  gradient = ∂L/∂z, written once
//
// logits, teacher, gradient [rows, V]; labels, flags [rows]; stats [rows, 16]. Lane l has four classes beside each other, FOURS times:
// from 4·l on, from 4·(l + LANES) on, …. A lane's registers have no numbers that a loop could count. So what lies between `each k` and
// `end` stands there once for each class of a lane, and what lies between `each f` and `end` once for each four
// (src/gpu/repeated.ts). A branch inside would keep the classes from being computed side by side: there is none but in a row's last
// fours, and the labels' part, which few rows need, stands apart.
//
// Written for src/kernels/rowLossRegisters.ts are LANES, FOURS and WHOLE (V is a multiple of 4·LANES). The entry point, begun_row,
// finished_row and the sums are those of terms/together_subgroups or terms/together_lanes, the reading and writing of terms/*_fours.
// Stable: terms/row.wgsl. A lane adds its classes in ascending order, the lanes follow, always the same way.

fn loss_of_row(r: u32, lane: u32) {
  let classes = shape.classes;
  let first = r * classes;
  let at = r * STATS;
  // Asked for before anything is waited for.
  // each f
  let four_f = lane + f * LANES;
  let z_four_f = student_four(first, four_f, classes);
  let u_four_f = teacher_four(first, four_f, classes);
  // end
  let label = label_of(flags[r], labels[r], classes);
  let at_label = first + min(label, classes - 1u);
  let label_z = clamped(student_at(at_label));
  let label_u = clamped(teacher_at(at_label));
  let begin = vec2f(clamped(student_at(first)), clamped(teacher_at(first)));
  let one = bitcast<f32>(shape.one);
  if ((flags[r] & VALID) == 0u) {
    // each f
    write_four(first, four_f, classes, vec4f(0.0));
    // end
    for (var s = lane; s < STATS; s += LANES) { stats[at + s] = 0.0; }
    return;
  }

  var own_tops = no_tops();
  var firsts = mat4x4f();
  // each k
  let j_k = 4u * four_f + k % 4u;
  let in_k = WHOLE || k / 4u + 1u < FOURS || j_k < classes;
  let z_k = clamped(z_four_f[k % 4u]);
  let u_k = clamped(u_four_f[k % 4u]);
  if (in_k) {
    own_tops = with_top(own_tops, z_four_f[k % 4u], u_four_f[k % 4u], j_k, label);
    if (FIRSTS) { firsts += firsts_of(z_k, u_k, begin, one); }
  }
  // end
  let start = begun_row(lane, own_tops, classes, label, begin, one);

  var known = Knowns();
  if (FIRSTS) { known = knowing_firsts(known, start, sum_columns(lane, firsts)); }
  var ones = 0.0;
  var tilt = 0.0;
  if (label != NO_LABEL) {
    // each k
    if (in_k) {
      ones += select(exp_falling(z_k - start.student_max), 0.0, j_k == start.student_top);
      tilt += z_k - start.student_max;
    }
    // end
  }
  var own = vec4f(0.0);
  var early = mat4x4f();
  // each k
  let s_k = start_of(start, z_k, u_k, j_k);
  if (in_k) {
    own += sums_of(s_k);
    if (EARLY) { early += early_of(s_k, known, live); }
  }
  // end
  if (label != NO_LABEL) { own.y = ones; }
  let row = finished_row(lane, start, own, label_z, label_u);
  if (EARLY) { known = knowing_early(known, row, sum_columns(lane, early)); }

  for (var level = 0u; level < LEVELS; level++) {
    var extras = mat4x4f();
    var more = mat4x4f();
    // each k
    if (in_k) {
      let x = element_from(row, s_k);
      extras += extras_of(level, x, known, live);
      if (MORE) { more += more_of(x, known, live); }
    }
    // end
    known = learned(known, level, row, sum_columns(lane, extras));
    if (MORE) { known = learned(known, MORE_LEVEL, row, sum_columns(lane, more)); }
  }

  var slope_sums = vec4f(0.0);
  var losses_here = vec4f(0.0);
  // each k
  var slope_k = 0.0;
  // end
  if (SLOPES) {
    // each k
    if (in_k) {
      let x = element_from(row, s_k);
      let slopes = slopes_of(x, known, live);
      slope_sums = plus(slope_sums, slopes);
      if (HELD) {
        slope_k = slopes.x;
        losses_here = plus(losses_here, losses_of(x, known, live));
      }
    }
    // end
    slope_sums = sum_four(lane, slope_sums);
  }

  let factors = factors_of(live, label);
  var squares = vec4f(0.0);
  var label_squares = 0.0;
  // What few rows need of their logits once more is read again, so that no row keeps them in registers until here: 0 is added,
  // which no compiler knows.
  let again = first + (shape.one - bitcast<u32>(1.0));
  if (row.broken) {
    // each f
    write_four(first, four_f, classes, broken_four(student_four(again, four_f, classes), teacher_four(again, four_f, classes)));
    // end
  } else {
    // each k
    var g_k = 0.0;
    if (in_k) {
      let x = element_from(row, s_k);
      let found = terms_gradient(x, factors, known, slope_sums, slope_k, live);
      if (TERMS && !HELD) { losses_here = plus(losses_here, losses_of(x, known, live)); }
      squares = plus(squares, found * found);
      g_k = sum_of_terms(found);
    }
    // end
    if (label != NO_LABEL) {
      // each f
      let y_four_f = student_four(again, four_f, classes);
      // end
      // each k
      if (in_k) {
        let found_k = label_gradient(row, clamped(y_four_f[k % 4u]), j_k, factors.label, live.smoothing);
        label_squares = fma(found_k, found_k, label_squares);
        g_k += found_k;
      }
      // end
    }
    // each f
    write_four(first, four_f, classes, vec4f(g_k0, g_k1, g_k2, g_k3));
    // end
  }
  let found = sum_found(lane, losses_here, squares, vec2f(label_squares, tilt));

  if (lane > 0u) { return; }
  for (var s = 0u; s < STATS; s++) { stats[at + s] = 0.0; }
  if (row.broken) {
    stats[at + 13u] = 1.0;
    return;
  }
  let answer = select(0.0, label_z - row.student_max, label != NO_LABEL);
  let ce = label_loss(row, label, answer, found.c.y, live.smoothing);
  let counts = inverse_counts_of(live, label != NO_LABEL);
  stats[at] = factors.label * ce + dot(factors.terms, found.a);
  stats[at + 1u] = ce * live.inverse_labelled;
  for (var i = 0u; i < 4u; i++) {
    stats[at + 2u + i] = found.a[i] * counts[i];
    stats[at + 7u + i] = found.b[i];
  }
  stats[at + 6u] = found.c.x;
  stats[at + 11u] = select(0.0, live.inverse_labelled, label == row.student_top);
  stats[at + 12u] = select(0.0, live.inverse_valid, row.teacher_top == row.student_top);
}

// Of the slots in use: a compiler may not leave out what is added to 0.
fn plus(sums: vec4f, more: vec4f) -> vec4f {
  if (SLOTS > 1u) { return sums + more; }
  return vec4f(sums.x + more.x, 0.0, 0.0, 0.0);
}

fn broken_four(z: vec4f, u: vec4f) -> vec4f {
  return vec4f(broken_of(z.x, u.x), broken_of(z.y, u.y), broken_of(z.z, u.z), broken_of(z.w, u.w));
}
