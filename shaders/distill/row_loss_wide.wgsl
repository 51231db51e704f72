// The loss of a row of logits and its gradient, as row_loss.wgsl (same bindings, same statistics), one workgroup a row.
//
//   L = label_weight/N_labelled · CE(z, y) + Σ_k term_weight_k/N_valid · L_k(z, u);  gradient = ∂L/∂z, written once
//
// logits, teacher, gradient [rows, V]; labels, flags [rows]; stats [rows, 16]. Lane l takes the classes l, l + LANES, …
// in ascending order; lanes are added in halves, always the same tree.
// Stable: terms/row.wgsl. Reads the two rows four times, from the cache where they fit.

struct Shape {
  rows: u32,
  classes: u32,
  // the bits of 1.0
  one: u32,
  // LANES / 2, not a constant, so that no compiler unrolls the sums: unrolled they take half a minute on a CPU adapter
  half_lanes: u32,
}

override LANES: u32 = 64u;

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> teacher: array<f32>;
@group(0) @binding(2) var<storage, read> labels: array<u32>;
@group(0) @binding(3) var<storage, read> flags: array<u32>;
@group(0) @binding(4) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(5) var<storage, read_write> stats: array<f32>;
@group(0) @binding(6) var<uniform> shape: Shape;
@group(0) @binding(7) var<uniform> live: Live;

struct Pair {
  a: vec4f,
  b: vec4f,
}

var<workgroup> lane_pairs: array<Pair, LANES>;
var<workgroup> lane_tops: array<Tops, LANES>;

// The sum over the workgroup, for every lane. The last barrier keeps the next sum from overwriting what is being read.
fn sum_lanes(lane: u32, own: Pair) -> Pair {
  lane_pairs[lane] = own;
  workgroupBarrier();
  for (var half = shape.half_lanes; half > 0u; half /= 2u) {
    if (lane < half) {
      let other = lane_pairs[lane + half];
      lane_pairs[lane] = Pair(lane_pairs[lane].a + other.a, lane_pairs[lane].b + other.b);
    }
    workgroupBarrier();
  }
  let sum = lane_pairs[0];
  workgroupBarrier();
  return sum;
}

fn merge_lanes(lane: u32, own: Tops) -> Tops {
  lane_tops[lane] = own;
  workgroupBarrier();
  for (var half = shape.half_lanes; half > 0u; half /= 2u) {
    if (lane < half) { lane_tops[lane] = merge_tops(lane_tops[lane], lane_tops[lane + half]); }
    workgroupBarrier();
  }
  return lane_tops[0];
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
    for (var j = lane; j < classes; j += LANES) { gradient[first + j] = 0.0; }
    return;
  }

  var own_tops = no_tops();
  for (var j = lane; j < classes; j += LANES) {
    own_tops = merge_tops(own_tops, tops_of(logits[first + j], teacher[first + j], j));
  }
  let tops = merge_lanes(lane, own_tops);
  var row = start_row(tops, live.temperature, classes, bitcast<f32>(shape.one));

  var own = Pair(vec4f(0.0), vec4f(0.0));
  for (var j = lane; j < classes; j += LANES) {
    let z = tame_student(logits[first + j]);
    own.a += sums_of(row, z, tame_teacher(teacher[first + j]), j);
    own.b.x += z - row.student_max;
  }
  let sums = sum_lanes(lane, own);
  row = finish_row(row, sums.a);

  var losses = Pair(vec4f(0.0), vec4f(0.0));
  if (TERM0 != 0u) {
    for (var j = lane; j < classes; j += LANES) {
      let x = element_of(row, tame_student(logits[first + j]), tame_teacher(teacher[first + j]), j);
      losses.a += losses_of(x, live.term_beta);
      losses.b += slopes_of(x, live.term_beta);
    }
    losses = sum_lanes(lane, losses);
  }

  let label = label_of(flags[r], labels[r], classes);
  let factors = factors_of(live, label);
  var squares = Pair(vec4f(0.0), vec4f(0.0));
  for (var j = lane; j < classes; j += LANES) {
    let raw_z = logits[first + j];
    let raw_u = teacher[first + j];
    let found = weighted_gradient(row, raw_z, raw_u, j, label, factors, losses.b, live);
    squares.a = fma(found.terms, found.terms, squares.a);
    squares.b.x = fma(found.label, found.label, squares.b.x);
    gradient[first + j] = found.total;
  }
  squares = sum_lanes(lane, squares);

  if (lane > 0u) { return; }
  for (var s = 0u; s < STATS; s++) { stats[at + s] = 0.0; }
  if (tops.broken != 0u) {
    stats[at + 13u] = 1.0;
    return;
  }
  let answer = select(0.0, tame_student(logits[first + min(label, classes - 1u)]) - row.student_max, label != NO_LABEL);
  let ce = label_loss(row, label, answer, sums.b.x, live.smoothing);
  stats[at] = factors.label * ce + dot(factors.terms, losses.a);
  stats[at + 1u] = ce * live.inverse_labelled;
  for (var k = 0u; k < 4u; k++) {
    stats[at + 2u + k] = losses.a[k] * live.inverse_valid;
    stats[at + 7u + k] = squares.a[k];
  }
  stats[at + 6u] = squares.b.x;
  stats[at + 11u] = select(0.0, live.inverse_labelled, label == row.student_top);
  stats[at + 12u] = select(0.0, live.inverse_valid, row.teacher_top == row.student_top);
}
