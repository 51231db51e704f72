// The k most probable classes of each teacher row, their log-probabilities at the step's temperature, and the rest's.
//
//   ids[r, 0…k) by descending logit, ties by ascending index;  log_probabilities[r, i] = log p(ids[r, i]);
//   tail[r] = log Σ p over the other classes, −1e30 where there are none
//
// teacher [rows, V]; ids [rows, k] u32, log_probabilities [rows, k], tail [rows]. k ≤ 128, k ≤ V. One workgroup a row.
// The k-th largest logit is found two bits at a time, by counting, in an order-preserving integer form of the floats.
// Stable: the tail by log-sum-exp over the complement with a maximum of its own, never 1 − Σ.

struct Shape {
  rows: u32,
  classes: u32,
  k: u32,
  lanes: u32,
}

@group(0) @binding(0) var<storage, read> teacher: array<f32>;
@group(0) @binding(1) var<storage, read_write> ids: array<u32>;
@group(0) @binding(2) var<storage, read_write> log_probabilities: array<f32>;
@group(0) @binding(3) var<storage, read_write> tail: array<f32>;
@group(0) @binding(4) var<uniform> shape: Shape;
@group(0) @binding(5) var<uniform> live: Live;

const MOST = 128u;
var<workgroup> chosen: array<u32, MOST>;
var<workgroup> sorted: array<u32, MOST>;

// Larger floats have larger keys; −0 is 0.
fn key_of(value: f32) -> u32 {
  let bits = bitcast<u32>(select(value, 0.0, value == 0.0));
  return select(bits | 0x80000000u, ~bits, (bits >> 31u) == 1u);
}

fn of_row(r: u32, lane: u32) {
  let classes = shape.classes;
  let k = shape.k;
  let first = r * classes;

  var threshold = 0u;
  for (var digit = 0u; digit < 16u; digit++) {
    let shift = 30u - 2u * digit;
    var counts = vec4f(0.0);
    for (var j = lane; j < classes; j += LANES) {
      let key = key_of(tame_teacher(teacher[first + j]));
      counts += vec4f(
        select(0.0, 1.0, key >= (threshold | (1u << shift))),
        select(0.0, 1.0, key >= (threshold | (2u << shift))),
        select(0.0, 1.0, key >= (threshold | (3u << shift))),
        0.0,
      );
    }
    counts = sum_lanes(lane, counts);
    let enough = vec4<bool>(counts.x >= f32(k), counts.y >= f32(k), counts.z >= f32(k), false);
    threshold |= select(select(select(0u, 1u, enough.x), 2u, enough.y), 3u, enough.z) << shift;
  }

  // Each lane takes a run of neighbouring classes, so that of equal logits the lower indices are chosen.
  let run = (classes + LANES - 1u) / LANES;
  let start = min(lane * run, classes);
  let end = min(start + run, classes);
  var own = vec4f(0.0);
  for (var j = start; j < end; j++) {
    let key = key_of(tame_teacher(teacher[first + j]));
    own += vec4f(select(0.0, 1.0, key > threshold), select(0.0, 1.0, key == threshold), 0.0, 0.0);
  }
  let before = sum_before(lane, own);
  let above = sum_lanes(lane, own).x;
  var place = u32(before.x);
  var equal = u32(above) + u32(before.y);
  var rest_max = MINUS_INFINITY;
  for (var j = start; j < end; j++) {
    let value = tame_teacher(teacher[first + j]);
    let key = key_of(value);
    if (key > threshold) {
      chosen[place] = j;
      place++;
    } else if (key == threshold && equal < k) {
      chosen[equal] = j;
      equal++;
    } else {
      rest_max = max(rest_max, value);
    }
  }
  rest_max = max_lanes(lane, vec4f(rest_max)).x;

  // Ranks among the chosen: few, so each counts those before it.
  for (var i = lane; i < k; i += LANES) {
    let index = chosen[i];
    let value = tame_teacher(teacher[first + index]);
    var rank = 0u;
    for (var other = 0u; other < k; other++) {
      let there = tame_teacher(teacher[first + chosen[other]]);
      if (there > value || (there == value && chosen[other] < index)) { rank++; }
    }
    sorted[rank] = index;
  }
  workgroupBarrier();
  let top = tame_teacher(teacher[first + sorted[0]]);
  let inverse_temperature = 1.0 / clamp(live.temperature, 0.01, 1000.0);

  // The chosen but the first, and the rest relative to its own largest.
  var sums = vec4f(0.0);
  for (var i = lane + 1u; i < k; i += LANES) {
    sums.x += exp_safe((tame_teacher(teacher[first + sorted[i]]) - top) * inverse_temperature);
  }
  equal = u32(above) + u32(before.y);
  for (var j = start; j < end; j++) {
    let value = tame_teacher(teacher[first + j]);
    let key = key_of(value);
    if (key > threshold) { continue; }
    if (key == threshold && equal < k) {
      equal++;
      continue;
    }
    sums.y += exp_safe((value - rest_max) * inverse_temperature);
  }
  sums = sum_lanes(lane, sums);
  var rest = MINUS_INFINITY;
  if (sums.y > 0.0) { rest = (rest_max - top) * inverse_temperature + log(sums.y); }
  let log_sum = log1p(sums.x + exp_safe(rest));
  for (var i = lane; i < k; i += LANES) {
    let value = tame_teacher(teacher[first + sorted[i]]);
    ids[r * k + i] = sorted[i];
    log_probabilities[r * k + i] = (value - top) * inverse_temperature - log_sum;
  }
  if (lane == 0u) { tail[r] = select(rest - log_sum, MINUS_INFINITY, sums.y == 0.0); }
}
