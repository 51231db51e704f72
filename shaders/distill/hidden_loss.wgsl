// A student's hidden state s, already projected to the teacher's width, against the teacher's t; and the gradient at s.
//
//   COSINE 0: L = ‖s − t‖²/size,           ds = 2(s − t)/size
//   COSINE 1: L = 1 − cos = ½‖ŝ − t̂‖²,    ds = ((ŝ − t̂) − (1 − cos)·ŝ)/‖s‖      all times hidden_weight/(N_valid·pairs)
//   COSINE 2: L = ‖ŝ − t̂‖², twice that
//
// s, t, ds [rows, size]; flags [rows] (bit 0 valid); stats [rows, 16], to which it adds, after the row loss:
//   0 the weighted loss, 14 L/(N_valid·pairs), 15 |ds|².  One thread a row, sums ascending in four interleaved runs.
// Stable: the cosine by the difference of unit vectors, never negative; a zero vector has L = 1 and no gradient.

struct Shape {
  rows: u32,
  size: u32,
  pairs: u32,
}

override WORKGROUP: u32 = 32u;
override COSINE: u32 = 0u;
const STATS = 16u;
const VALID = 1u;

@group(0) @binding(0) var<storage, read> student: array<f32>;
@group(0) @binding(1) var<storage, read> teacher: array<f32>;
@group(0) @binding(2) var<storage, read> flags: array<u32>;
@group(0) @binding(3) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(4) var<storage, read_write> stats: array<f32>;
@group(0) @binding(5) var<uniform> shape: Shape;
@group(0) @binding(6) var<uniform> live: Live;

// Σ (a·s − b·t)² over the row.
fn squared_distance(first: u32, a: f32, b: f32) -> f32 {
  var sums = vec4f(0.0);
  for (var j = 0u; j < shape.size; j++) {
    let e = a * student[first + j] - b * teacher[first + j];
    sums[j % 4u] = fma(e, e, sums[j % 4u]);
  }
  return (sums.x + sums.y) + (sums.z + sums.w);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let r = flat_index(id, groups, WORKGROUP);
  if (r >= shape.rows) { return; }
  let first = r * shape.size;
  let share = live.inverse_valid / f32(shape.pairs) * f32(max(COSINE, 1u));
  let factor = live.hidden_weight * share;

  // The gradient is a·s − b·t in both cases, with numbers of the row.
  var loss = 0.0;
  var a = 0.0;
  var b = 0.0;
  // Zero and not "positive": a NaN must go on, for the finite check to see.
  var flat = false;
  if ((flags[r] & VALID) == 0u) {
    flat = true;
  } else if (COSINE == 0u) {
    loss = squared_distance(first, 1.0, 1.0) / f32(shape.size);
    a = 2.0 * factor / f32(shape.size);
    b = a;
  } else {
    let s_norm = sqrt(squared_distance(first, 1.0, 0.0));
    let t_norm = sqrt(squared_distance(first, 0.0, 1.0));
    flat = s_norm == 0.0 || t_norm == 0.0;
    loss = 1.0;
    if (!flat) {
      a = 1.0 / s_norm;
      b = 1.0 / t_norm;
      loss = 0.5 * squared_distance(first, a, b);
    }
  }

  var squares = 0.0;
  for (var j = 0u; j < shape.size; j++) {
    var g = 0.0;
    if (!flat) {
      g = a * student[first + j] - b * teacher[first + j];
      if (COSINE > 0u) { g = factor * a * (g - loss * a * student[first + j]); }
    }
    gradient[first + j] = g;
    squares = fma(g, g, squares);
  }
  if ((flags[r] & VALID) == 0u) { return; }
  stats[r * STATS] += factor * loss;
  stats[r * STATS + 14u] += share * loss;
  stats[r * STATS + 15u] += squares;
}
