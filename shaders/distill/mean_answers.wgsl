// mean[j] = log Σₖ wₖ softmax(zₖ)[j], or Σₖ wₖ log softmax(zₖ)[j] where GEOMETRIC: what several teachers say together.
// first … fourth: zₖ; mean [rows, V]. Who is not there is bound to the first once more, with weight 0. One workgroup a row.
// Stable: softmax from the largest; a class that nobody gives anything has the smallest normal float as its probability.
// A number that is not finite (but −∞) of a teacher with a say makes that class NaN, for whoever watches.

const LIMIT = 1e6;
const MINUS_INFINITY = 0xff800000u;
const EXPONENT = 0x7f800000u;

override GEOMETRIC: bool = false;

struct Shape {
  rows: u32,
  classes: u32,
  lanes: u32,
  // the bits of a NaN
  broken: u32,
}

@group(0) @binding(0) var<storage, read> first: array<f32>;
@group(0) @binding(1) var<storage, read> second: array<f32>;
@group(0) @binding(2) var<storage, read> third: array<f32>;
@group(0) @binding(3) var<storage, read> fourth: array<f32>;
@group(0) @binding(4) var<storage, read_write> mean: array<f32>;
@group(0) @binding(5) var<uniform> shape: Shape;
@group(0) @binding(6) var<uniform> live: Live;

fn answers_at(i: u32) -> vec4f {
  return vec4f(first[i], second[i], third[i], fourth[i]);
}

fn are_broken(raw: vec4f) -> vec4<bool> {
  let bits = bitcast<vec4u>(raw);
  return ((bits & vec4u(EXPONENT)) == vec4u(EXPONENT)) & (bits != vec4u(MINUS_INFINITY));
}

fn tame_answers(raw: vec4f) -> vec4f {
  let lowest = bitcast<vec4u>(raw) == vec4u(MINUS_INFINITY);
  let inside = select(clamp(raw, vec4f(-LIMIT), vec4f(LIMIT)), vec4f(0.0), are_broken(raw));
  return select(inside, vec4f(-LIMIT), lowest);
}

fn of_row(r: u32, lane: u32) {
  let start = r * shape.classes;
  let weights = vec4f(live.teacher_weight0, live.teacher_weight1, live.teacher_weight2, live.teacher_weight3);
  let says = weights != vec4f(0.0);
  var tops = vec4f(-LIMIT);
  for (var j = lane; j < shape.classes; j += LANES) { tops = max(tops, tame_answers(answers_at(start + j))); }
  tops = max_lanes(lane, tops);
  var sums = vec4f(0.0);
  for (var j = lane; j < shape.classes; j += LANES) { sums += exp(tame_answers(answers_at(start + j)) - tops); }
  let logs = tops + log(sum_lanes(lane, sums));
  for (var j = lane; j < shape.classes; j += LANES) {
    let raw = answers_at(start + j);
    let log_p = select(vec4f(0.0), tame_answers(raw) - logs, says);
    var value = dot(weights, log_p);
    if (!GEOMETRIC) { value = log(max(dot(weights, exp(log_p)), 1.1754944e-38)); }
    if (any(are_broken(raw) & says)) { value = bitcast<f32>(shape.broken); }
    mean[start + j] = value;
  }
}
