// The loss of a row of logits and its gradient, as row_loss.wgsl (same statistics and sweeps), for a GPU: LANES lanes a row, which take
// 4·FOURS·LANES classes a turn. A row of one turn is read once and stays in their registers; one of more is STREAMED: read again in
// each sweep.
//
//   L = label_weight/N_labelled · CE(z, y) + Σ_k term_weight_k/N · L_k(z, u);  gradient = ∂L/∂z, written once
//
// logits, teacher, gradient [rows, V]; labels, flags [rows]; stats [rows, 16]. Lane l has four classes beside each other, FOURS times a
// turn: from 4·l on, from 4·(l + LANES) on, …. A lane's registers have no numbers that a loop could count. So what lies between
// `each k` and `end` stands there once for each class of a turn, what lies between `each f` and `end` once for each four, and what is
// defined by a name wherever that is used (src/gpu/repeated.ts). A branch inside would keep the classes from being computed side by
// side: there is none but in a row's last fours, and the labels' part, which few rows need, stands apart.
//
// Written for src/kernels/rowLossRegisters.ts are LANES, FOURS, TURNS, WHOLE (V is all of their classes) and VECTORS (it is a
// multiple of 4). The entry point, gather_tops, finished_row and the sums are those of terms/together_subgroups or
// terms/together_lanes, the reading and writing of terms/*_fours.
// Stable: terms/row.wgsl. A lane adds its classes in ascending order, the lanes follow, always the same way.

const STREAMED = TURNS > 1u;
// Lanes count classes from their own first, as this number, so that compilers know them; no class is NO_LABEL then, nor near it.
const FAR = 0x40000000u;
// The bits of 1e12. Logits whose squares sum up to no more are within LOGIT_LIMIT, and finite.
const TAME_BITS = 0x5368d4a5u;

fn loss_of_row(r: u32, lane: u32) {
  let classes = shape.classes;
  let first = r * classes;
  let at = r * STATS;
  // Asked for before anything is waited for.
  // each f
  var z_four_f = student_four(first, lane + f * LANES, classes);
  var u_four_f = teacher_four(first, lane + f * LANES, classes);
  // end
  let label = label_of(flags[r], labels[r], classes);
  let at_label = first + min(label, classes - 1u);
  let label_z = clamped(student_at(at_label));
  let label_u = clamped(teacher_at(at_label));
  let begin = vec2f(clamped(student_at(first)), clamped(teacher_at(first)));
  let one = bitcast<f32>(shape.one);
  if ((flags[r] & VALID) == 0u) {
    for (var turn = 0u; turn < TURNS; turn++) {
      // each f
      write_four(first, lane + (turn * FOURS + f) * LANES, classes, vec4f(0.0));
      // end
    }
    for (var s = lane; s < STATS; s += LANES) { stats[at + s] = 0.0; }
    return;
  }

  let origin = FAR - 4u * lane;
  let end_of_row = classes + origin;
  var wild = false;
  // each k
  var z_k = z_four_f[k % 4u];
  var u_k = u_four_f[k % 4u];
  // end
  // define taken
  let past = turn * FOURS * LANES;
  if (STREAMED) {
    // each f
    z_four_f = student_four(first, lane + past + f * LANES, classes);
    u_four_f = teacher_four(first, lane + past + f * LANES, classes);
    // end
    if (wild) {
      // each f
      z_four_f = clamped_four(z_four_f);
      u_four_f = clamped_four(u_four_f);
      // end
    }
    // each k
    z_k = z_four_f[k % 4u];
    u_k = u_four_f[k % 4u];
    // end
  }
  // each k
  let j_k = FAR + 4u * (past + k / 4u * LANES) + k % 4u;
  let in_k = WHOLE || (!STREAMED && k / 4u + 1u < FOURS) || j_k - select(0u, k % 4u, VECTORS) < end_of_row;
  // end
  // end taken

  var tops = no_tops();
  var size = 0.0;
  var firsts = mat4x4f();
  for (var turn = 0u; turn < TURNS; turn++) {
    // use taken
    // each k
    if (in_k) {
      tops = with_tame_top(tops, z_k, u_k, j_k, label + origin);
      size = fma(u_k, u_k, fma(z_k, z_k, size));
      if (FIRSTS) { firsts += firsts_of(z_k, u_k, begin, one); }
    }
    // end
  }
  tops.student_index -= origin;
  tops.teacher_index -= origin;
  tops.largest_bits = bitcast<u32>(size);
  wild = gather_tops(lane, &tops) > TAME_BITS;
  if (wild) {
    // Others may still read what this lane tells once more.
    workgroupBarrier();
    tops = no_tops();
    firsts = mat4x4f();
    for (var j = lane; j < classes; j += LANES) {
      let z = student_at(first + j);
      let u = teacher_at(first + j);
      tops = with_top(tops, z, u, j, label);
      if (FIRSTS) { firsts += firsts_of(clamped(z), clamped(u), begin, one); }
    }
    gather_tops(lane, &tops);
    // each k
    z_k = clamped(z_k);
    u_k = clamped(u_k);
    // end
  } else {
    tops.largest_bits = 0u;
  }
  tops.teacher_there = clamped(teacher_at(first + tops.student_index));
  let start = from_origin(start_row(tops, live.temperature, classes, label, begin, one), origin);
  var known = Knowns();
  if (FIRSTS) { known = knowing_firsts(known, start, sum_columns(lane, firsts)); }

  // The labels' own sums. Apart from the others in rows of one turn, which would keep what they need in registers meanwhile.
  // define labels
  // each k
  if (in_k) {
    let fall = z_k - start.student_max;
    ones += select(power_of(fall, fall, LOG2_E), 0.0, j_k == start.student_top);
    tilt += fall;
  }
  // end
  // end labels
  var ones = 0.0;
  var tilt = 0.0;
  if (!STREAMED && label != NO_LABEL) {
    let turn = 0u;
    // use taken
    // use labels
  }
  // each k
  let kept_k = start_of(start, z_k, u_k, FAR + 4u * (k / 4u) * LANES + k % 4u);
  // end
  var own = vec4f(0.0);
  var early = mat4x4f();
  for (var turn = 0u; turn < TURNS; turn++) {
    // use taken
    if (STREAMED && label != NO_LABEL) {
      // use labels
    }
    // each k
    let s_k = started(kept_k, start, z_k, u_k, j_k);
    if (in_k) {
      own += sums_of(s_k);
      if (EARLY) { early += early_of(s_k, known, live); }
    }
    // end
  }
  if (label != NO_LABEL) { own.y = ones; }
  let row = finished_row(lane, start, own, label_z, label_u);
  if (EARLY) { known = knowing_early(known, row, sum_columns(lane, early)); }

  for (var level = 0u; level < LEVELS; level++) {
    var extras = mat4x4f();
    var more = mat4x4f();
    for (var turn = 0u; turn < TURNS; turn++) {
      // use taken
      // each k
      if (in_k) {
        let x = element_from(row, started(kept_k, start, z_k, u_k, j_k));
        extras += extras_of(level, x, known, live);
        if (MORE) { more += more_of(x, known, live); }
      }
      // end
    }
    known = learned(known, level, row, sum_columns(lane, extras));
    if (MORE) { known = learned(known, MORE_LEVEL, row, sum_columns(lane, more)); }
  }

  var slope_sums = vec4f(0.0);
  var losses_here = vec4f(0.0);
  // each k
  var slope_k = 0.0;
  // end
  if (SLOPES) {
    for (var turn = 0u; turn < TURNS; turn++) {
      // use taken
      // each k
      if (in_k) {
        let x = element_from(row, started(kept_k, start, z_k, u_k, j_k));
        let slopes = slopes_of(x, known, live);
        slope_sums = plus(slope_sums, slopes);
        if (HELD) {
          slope_k = slopes.x;
          losses_here = plus(losses_here, losses_of(x, known, live));
        }
      }
      // end
    }
    slope_sums = sum_four(lane, slope_sums);
  }

  let factors = factors_of(live, label);
  let of_label = label_part(row, label_z, factors.label, live.smoothing);
  var squares = vec4f(0.0);
  var label_squares = 0.0;
  // What few rows need of their logits once more is read again, so that no row keeps them in registers until here: 0 is added,
  // which no compiler knows.
  let again = first + (shape.one - bitcast<u32>(1.0));
  for (var turn = 0u; turn < TURNS; turn++) {
    if (row.broken) {
      // each f
      let there_f = lane + (turn * FOURS + f) * LANES;
      write_four(first, there_f, classes, broken_four(student_four(again, there_f, classes), teacher_four(again, there_f, classes)));
      // end
    } else {
      // use taken
      // each k
      var g_k = 0.0;
      if (in_k) {
        let x = element_from(row, started(kept_k, start, z_k, u_k, j_k));
        let found = terms_gradient(x, factors, known, slope_sums, slope_k, live);
        if (TERMS && !HELD) { losses_here = plus(losses_here, losses_of(x, known, live)); }
        squares = plus(squares, found * found);
        g_k = sum_of_terms(found);
      }
      // end
      if (label != NO_LABEL) {
        // each f
        let y_four_f = clamped_four(student_four(again, lane + past + f * LANES, classes));
        // end
        // each k
        if (in_k) {
          let found_k = label_gradient(row, of_label, y_four_f[k % 4u], j_k);
          label_squares = fma(found_k, found_k, label_squares);
          g_k += found_k;
        }
        // end
      }
      // each f
      write_four(first, lane + past + f * LANES, classes, vec4f(g_k0, g_k1, g_k2, g_k3));
      // end
    }
  }
  let found = sum_found(lane, losses_here, squares, vec2f(label_squares, tilt), label != NO_LABEL);

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
  stats[at + 11u] = select(0.0, live.inverse_labelled, row.label == row.student_top);
  stats[at + 12u] = select(0.0, live.inverse_valid, row.teacher_top == row.student_top);
}

// With one more element whose logits are within LOGIT_LIMIT; what the teacher says of the student's top is read when that is known.
fn with_tame_top(tops: Tops, z: f32, u: f32, j: u32, label: u32) -> Tops {
  var more = tops;
  let student = z > tops.student;
  more.student = select(tops.student, z, student);
  more.student_index = select(tops.student_index, j, student);
  let teacher = u > tops.teacher;
  more.teacher = select(tops.teacher, u, teacher);
  more.teacher_index = select(tops.teacher_index, j, teacher);
  if (BESIDE_LABEL) {
    more.student_other = select(max(tops.student_other, z), tops.student_other, j == label);
    more.teacher_other = select(max(tops.teacher_other, u), tops.teacher_other, j == label);
  }
  return more;
}

// The row as one lane counts its classes.
fn from_origin(row: Row, origin: u32) -> Row {
  var mine = row;
  mine.origin = origin;
  mine.student_top += origin;
  mine.teacher_top += origin;
  if (row.label != NO_LABEL) { mine.label += origin; }
  return mine;
}

// What a sweep begins with: in one turn it is what an earlier one began with.
fn started(kept: Start, row: Row, z: f32, u: f32, j: u32) -> Start {
  if (STREAMED) { return start_of(row, z, u, j); }
  return kept;
}

fn clamped_four(raw: vec4f) -> vec4f {
  return clamp(raw, vec4f(-LOGIT_LIMIT), vec4f(LOGIT_LIMIT));
}

// Of the slots in use: a compiler may not leave out what is added to 0.
fn plus(sums: vec4f, more: vec4f) -> vec4f {
  if (SLOTS > 1u) { return sums + more; }
  return vec4f(sums.x + more.x, 0.0, 0.0, 0.0);
}

fn broken_four(z: vec4f, u: vec4f) -> vec4f {
  return vec4f(broken_of(z.x, u.x), broken_of(z.y, u.y), broken_of(z.z, u.z), broken_of(z.w, u.w));
}
