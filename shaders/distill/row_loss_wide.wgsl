// The loss of a row of logits and its gradient, as row_loss.wgsl (same bindings, statistics and sweeps), one workgroup a row.
//
//   L = label_weight/N_labelled · CE(z, y) + Σ_k term_weight_k/N · L_k(z, u);  gradient = ∂L/∂z, written once
//
// logits, teacher, gradient [rows, V]; labels, flags [rows]; stats [rows, 16]. Lane l takes the classes l, l + LANES, …
// in ascending order; lanes are added in bands, always the same way.
// Stable: terms/row.wgsl.

override LANES: u32 = 64u;

struct Sums {
  a: vec4f,
  b: vec4f,
  c: f32,
}

// most bands of lanes
const BANDS = 16u;

var<workgroup> lane_sums: array<Sums, LANES>;
var<workgroup> band_sums: array<Sums, BANDS>;
var<workgroup> lane_tops: array<Tops, LANES>;
var<workgroup> band_tops: array<Tops, BANDS>;
// Worked out by one lane, so that no lane carries them over a barrier; the rest of a row is cheap to make again.
var<workgroup> the_tops: Tops;

// The sum over the workgroup, for every lane: bands of shape.band lanes, then the bands, in ascending order. Nobody reads
// lane_sums after the second barrier, nor band_sums after the next sum's first, so that two barriers a sum are enough.
fn sum_lanes(lane: u32, own: Sums) -> Sums {
  lane_sums[lane] = own;
  workgroupBarrier();
  let band = shape.band;
  if (lane * band < LANES) {
    var sum = lane_sums[lane * band];
    for (var i = 1u; i < band; i++) { sum = add_sums(sum, lane_sums[lane * band + i]); }
    band_sums[lane] = sum;
  }
  workgroupBarrier();
  var sum = band_sums[0];
  for (var i = 1u; i * band < LANES; i++) { sum = add_sums(sum, band_sums[i]); }
  return sum;
}

fn add_sums(one: Sums, other: Sums) -> Sums {
  return Sums(one.a + other.a, one.b + other.b, one.c + other.c);
}

// A column for each slot. `front` is the sum of the first already; the others are summed where some term of them has sums.
fn sum_columns(lane: u32, own: mat4x4f, front: vec4f) -> mat4x4f {
  if (!LATER_SLOTS) { return mat4x4f(front, vec4f(0.0), vec4f(0.0), vec4f(0.0)); }
  let middle = sum_lanes(lane, Sums(own[1], own[2], 0.0));
  let last = sum_lanes(lane, Sums(own[3], vec4f(0.0), 0.0));
  return mat4x4f(front, middle.a, middle.b, last.a);
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
  let start = vec2f(clamped(logits[first]), clamped(teacher[first]));
  let one = bitcast<f32>(shape.one);
  var own_tops = no_tops();
  var firsts = mat4x4f();
  for (var j = lane; j < classes; j += LANES) {
    let raw = vec2f(logits[first + j], teacher[first + j]);
    own_tops = with_top(own_tops, raw.x, raw.y, j, label);
    if (FIRSTS) { firsts += firsts_of(clamped(raw.x), clamped(raw.y), start, one); }
  }
  let tops = merge_lanes(lane, own_tops);
  if (lane == 0u) { the_tops = tops; }
  workgroupBarrier();
  // Read before the barriers below, since another lane may write the gradient in its place.
  let at_label = first + min(label, classes - 1u);
  let label_z = clamped(logits[at_label]);
  let label_u = clamped(teacher[at_label]);

  var known = Knowns();
  if (FIRSTS) {
    let started = start_row(the_tops, live.temperature, classes, label, start, one);
    let front = sum_lanes(lane, Sums(firsts[0], vec4f(0.0), 0.0));
    known = knowing_firsts(known, started, sum_columns(lane, firsts, front.a));
  }
  let started = start_row(the_tops, live.temperature, classes, label, start, one);
  var own = Sums(vec4f(0.0), vec4f(0.0), 0.0);
  var early = mat4x4f();
  for (var j = lane; j < classes; j += LANES) {
    let x = start_of(started, clamped(logits[first + j]), clamped(teacher[first + j]), j);
    own.a += sums_of(x);
    if (EARLY) { early += early_of(x, known, live); }
    own.c += x.z - started.student_max;
  }
  if (EARLY) { own.b = early[0]; }
  let sums = sum_lanes(lane, own);
  if (EARLY) { early = sum_columns(lane, early, sums.b); }
  if (lane == 0u) {
    let begun = start_row(the_tops, live.temperature, classes, label, start, one);
    share_row(finish_row(begun, sums.a, label_z, label_u));
  }
  workgroupBarrier();
  if (EARLY) {
    let row = shared_row(start_row(the_tops, live.temperature, classes, label, start, one));
    known = knowing_early(known, row, early);
  }

  for (var level = 0u; level < LEVELS; level++) {
    let row = shared_row(start_row(the_tops, live.temperature, classes, label, start, one));
    var extras = mat4x4f();
    var more = mat4x4f();
    for (var j = lane; j < classes; j += LANES) {
      let x = element_of(row, clamped(logits[first + j]), clamped(teacher[first + j]), j);
      extras += extras_of(level, x, known, live);
      if (MORE) { more += more_of(x, known, live); }
    }
    let front = sum_lanes(lane, Sums(extras[0], more[0], 0.0));
    known = learned(known, level, row, sum_columns(lane, extras, front.a));
    if (MORE) { known = learned(known, MORE_LEVEL, row, sum_columns(lane, more, front.b)); }
  }

  var slope_sums = vec4f(0.0);
  var losses_here = vec4f(0.0);
  if (SLOPES) {
    let row = shared_row(start_row(the_tops, live.temperature, classes, label, start, one));
    for (var j = lane; j < classes; j += LANES) {
      let x = element_of(row, clamped(logits[first + j]), clamped(teacher[first + j]), j);
      let slopes = slopes_of(x, known, live);
      slope_sums += slopes;
      if (HELD) {
        losses_here += losses_of(x, known, live);
        write_gradient(first + j, slopes.x);
      }
    }
    slope_sums = sum_lanes(lane, Sums(slope_sums, vec4f(0.0), 0.0)).a;
  }

  let row = shared_row(start_row(the_tops, live.temperature, classes, label, start, one));
  let factors = factors_of(live, label);
  var found_sums = Sums(losses_here, vec4f(0.0), 0.0);
  let whole = select(classes, 0u, row.broken);
  for (var j = lane; j < whole; j += LANES) {
    let x = element_of(row, clamped(logits[first + j]), clamped(teacher[first + j]), j);
    let found = weighted_gradient(x, factors, known, slope_sums, held_slope(first + j), live);
    if (TERMS && !HELD) { found_sums.a += losses_of(x, known, live); }
    found_sums.b = fma(found.terms, found.terms, found_sums.b);
    found_sums.c = fma(found.label, found.label, found_sums.c);
    write_gradient(first + j, found.total);
  }
  for (var j = whole + lane; j < classes; j += LANES) {
    write_gradient(first + j, broken_of(logits[first + j], teacher[first + j]));
  }
  found_sums = sum_lanes(lane, found_sums);

  if (lane > 0u) { return; }
  for (var s = 0u; s < STATS; s++) { stats[at + s] = 0.0; }
  if (row.broken) {
    stats[at + 13u] = 1.0;
    return;
  }
  let answer = select(0.0, label_z - row.student_max, label != NO_LABEL);
  let ce = label_loss(row, label, answer, sums.c, live.smoothing);
  let counts = inverse_counts_of(live, label != NO_LABEL);
  let losses = found_sums.a;
  stats[at] = factors.label * ce + dot(factors.terms, losses);
  stats[at + 1u] = ce * live.inverse_labelled;
  for (var k = 0u; k < 4u; k++) {
    stats[at + 2u + k] = losses[k] * counts[k];
    stats[at + 7u + k] = found_sums.b[k];
  }
  stats[at + 6u] = found_sums.c;
  stats[at + 11u] = select(0.0, live.inverse_labelled, label == row.student_top);
  stats[at + 12u] = select(0.0, live.inverse_valid, row.teacher_top == row.student_top);
}
