// The loss of a row of logits and its gradient, as row_loss.wgsl (same bindings, same statistics), one workgroup a row.
//
//   L = label_weight/N_labelled · CE(z, y) + Σ_k term_weight_k/N · L_k(z, u);  gradient = ∂L/∂z, written once
//
// logits, teacher, gradient [rows, V]; labels, flags [rows]; stats [rows, 16]. Lane l takes the classes l, l + LANES, …
// in ascending order; lanes are added in bands, always the same way.
// Stable: terms/row.wgsl. Reads the two rows four times, from the cache where they fit.

override LANES: u32 = 64u;

struct Pair {
  a: vec4f,
  b: vec4f,
}

// most bands of lanes
const BANDS = 16u;

var<workgroup> lane_pairs: array<Pair, LANES>;
var<workgroup> band_pairs: array<Pair, BANDS>;
var<workgroup> lane_tops: array<Tops, LANES>;
var<workgroup> band_tops: array<Tops, BANDS>;
// Worked out by one lane, so that no lane carries them over a barrier.
var<workgroup> the_row: Row;

// The sum over the workgroup, for every lane: bands of shape.band lanes, then the bands, in ascending order. Nobody reads
// lane_pairs after the second barrier, nor band_pairs after the next sum's first, so that two barriers a sum are enough.
fn sum_lanes(lane: u32, own: Pair) -> Pair {
  lane_pairs[lane] = own;
  workgroupBarrier();
  let band = shape.band;
  if (lane * band < LANES) {
    var sum = lane_pairs[lane * band];
    for (var i = 1u; i < band; i++) { sum = add_pairs(sum, lane_pairs[lane * band + i]); }
    band_pairs[lane] = sum;
  }
  workgroupBarrier();
  var sum = band_pairs[0];
  for (var i = 1u; i * band < LANES; i++) { sum = add_pairs(sum, band_pairs[i]); }
  return sum;
}

fn add_pairs(one: Pair, other: Pair) -> Pair {
  return Pair(one.a + other.a, one.b + other.b);
}

// The largest elements, known to the first lane.
fn merge_lanes(lane: u32, own: Tops) -> Tops {
  lane_tops[lane] = own;
  workgroupBarrier();
  let band = shape.band;
  var tops = no_tops();
  if (lane * band < LANES) {
    for (var i = 0u; i < band; i++) { tops = merge_tops(tops, lane_tops[lane * band + i]); }
    band_tops[lane] = tops;
  }
  workgroupBarrier();
  if (lane == 0u) {
    for (var i = 1u; i * band < LANES; i++) { tops = merge_tops(tops, band_tops[i]); }
  }
  return tops;
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let r = flat_group(group, groups);
  if (r >= shape.rows) { return; }
  let classes = shape.classes;
  let first = r * classes;
  let at = r * STATS;
  if ((flags[r] & VALID) == 0u) {
    for (var s = lane; s < STATS; s += LANES) { stats[at + s] = 0.0; }
    for (var j = lane; j < classes; j += LANES) { write_gradient(first + j, 0.0); }
    return;
  }

  let label = label_of(flags[r], labels[r], classes);
  var own_tops = no_tops();
  for (var j = lane; j < classes; j += LANES) {
    own_tops = merge_tops(own_tops, tops_of(logits[first + j], teacher[first + j], j, label));
  }
  let tops = merge_lanes(lane, own_tops);
  if (lane == 0u) { the_row = start_row(tops, live.temperature, classes, label, bitcast<f32>(shape.one)); }
  workgroupBarrier();
  // Read before the barriers below, since another lane may write the gradient in its place.
  let at_label = first + min(label, classes - 1u);
  let label_z = tame_student(logits[at_label]);
  let label_u = tame_teacher(teacher[at_label]);

  let started = the_row;
  var own = Pair(vec4f(0.0), vec4f(0.0));
  for (var j = lane; j < classes; j += LANES) {
    let z = tame_student(logits[first + j]);
    own.a += sums_of(started, z, tame_teacher(teacher[first + j]), j);
    own.b.x += z - started.student_max;
  }
  let sums = sum_lanes(lane, own);
  if (lane == 0u) { the_row = finish_row(started, sums.a, label_z, label_u); }
  workgroupBarrier();

  var known = Knowns();
  for (var level = 0u; level < LEVELS; level++) {
    let row = the_row;
    var extras = mat4x4f();
    for (var j = lane; j < classes; j += LANES) {
      let x = element_of(row, tame_student(logits[first + j]), tame_teacher(teacher[first + j]), j);
      extras += extras_of(level, x, known, live);
    }
    let front = sum_lanes(lane, Pair(extras[0], extras[1]));
    let back = sum_lanes(lane, Pair(extras[2], extras[3]));
    known = learned(known, level, mat4x4f(front.a, front.b, back.a, back.b));
  }

  var losses = Pair(vec4f(0.0), vec4f(0.0));
  if (TERMS) {
    let row = the_row;
    for (var j = lane; j < classes; j += LANES) {
      let x = element_of(row, tame_student(logits[first + j]), tame_teacher(teacher[first + j]), j);
      losses.a += losses_of(x, known, live);
      losses.b += slopes_of(x, known, live);
    }
    losses = sum_lanes(lane, losses);
  }

  let row = the_row;
  let factors = factors_of(live, label);
  var squares = Pair(vec4f(0.0), vec4f(0.0));
  for (var j = lane; j < classes; j += LANES) {
    let found = weighted_gradient(row, logits[first + j], teacher[first + j], j, factors, known, losses.b, live);
    squares.a = fma(found.terms, found.terms, squares.a);
    squares.b.x = fma(found.label, found.label, squares.b.x);
    write_gradient(first + j, found.total);
  }
  squares = sum_lanes(lane, squares);

  if (lane > 0u) { return; }
  for (var s = 0u; s < STATS; s++) { stats[at + s] = 0.0; }
  if (tops.broken != 0u) {
    stats[at + 13u] = 1.0;
    return;
  }
  let answer = select(0.0, label_z - row.student_max, label != NO_LABEL);
  let ce = label_loss(row, label, answer, sums.b.x, live.smoothing);
  let counts = inverse_counts_of(live, label != NO_LABEL);
  stats[at] = factors.label * ce + dot(factors.terms, losses.a);
  stats[at + 1u] = ce * live.inverse_labelled;
  for (var k = 0u; k < 4u; k++) {
    stats[at + 2u + k] = losses.a[k] * counts[k];
    stats[at + 7u + k] = squares.a[k];
  }
  stats[at + 6u] = squares.b.x;
  stats[at + 11u] = select(0.0, live.inverse_labelled, label == row.student_top);
  stats[at + 12u] = select(0.0, live.inverse_valid, row.teacher_top == row.student_top);
}
