// One sample's estimate of the reverse KL (MiniLLM's policy gradient): y ~ q by the Gumbel-max trick.
//
//   y = argmax_j z_j/T − log(−log u_j), u_j = random(seed, step, sample, stream);   d = log q_y − log p_y, a constant
//   L = d · log q_y,   ∂L/∂z_j = d (1[j=y] − q_j)/T, whose expectation is the gradient of KL(q ‖ p)
//
// logits, teacher, gradient [rows, V]; flags [rows]; stats [rows, 16], to which it adds in its own slot; samples [rows]
// u32, the y of each valid row, written for whoever compares two adapters: their logarithms may differ in the last bit.
// Stable: terms/row.wgsl; u is never 0 or 1.

struct Shape {
  rows: u32,
  classes: u32,
  slot: u32,
  lanes: u32,
  // the bits of 1.0
  one: u32,
  stream: u32,
  // rows of the whole batch, and which of them is the first here
  all_rows: u32,
  first: u32,
}

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> teacher: array<f32>;
@group(0) @binding(2) var<storage, read> flags: array<u32>;
@group(0) @binding(3) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(4) var<storage, read_write> stats: array<f32>;
@group(0) @binding(5) var<storage, read_write> samples: array<u32>;
@group(0) @binding(6) var<uniform> shape: Shape;
@group(0) @binding(7) var<uniform> live: Live;

var<workgroup> lane_scores: array<f32, LANES>;
var<workgroup> lane_indices: array<u32, LANES>;

fn of_row(r: u32, lane: u32) {
  if ((flags[r] & VALID) == 0u) { return; }
  let classes = shape.classes;
  let first = r * classes;
  let row = row_of(lane, first, classes, live.temperature, bitcast<f32>(shape.one));

  var best = MINUS_INFINITY;
  var y = 0u;
  for (var j = lane; j < classes; j += LANES) {
    let sample = (live.micro * shape.all_rows + shape.first + r) * classes + j;
    // 24 bits and a half: exact in a float below 1, and never 0.
    let u = (f32(random_u32(live.seed, live.step, sample, shape.stream) >> 9u) + 0.5) * 1.1920928955078125e-7;
    let score = (tame_student(logits[first + j]) - row.student_max) * row.inverse_temperature - log(-log(u));
    if (score > best) {
      best = score;
      y = j;
    }
  }
  lane_scores[lane] = best;
  lane_indices[lane] = y;
  workgroupBarrier();
  for (var i = 0u; i < lane_count; i++) {
    if (lane_scores[i] > best || (lane_scores[i] == best && lane_indices[i] < y)) {
      best = lane_scores[i];
      y = lane_indices[i];
    }
  }
  let there = element_at(row, first, y);
  let loss = there.d * there.log_q;

  let factor = own_factor();
  let broken = is_row_broken(r);
  // 1 − q_y as the sum of the others, so that a confident row keeps its digits.
  var others = 0.0;
  for (var j = lane; j < classes; j += LANES) {
    if (j != y) { others += element_at(row, first, j).q; }
  }
  others = sum_lanes(lane, vec4f(others)).x;
  var squares = 0.0;
  for (var j = lane; j < classes && !broken; j += LANES) {
    let step = select(-element_at(row, first, j).q, others, j == y);
    let g = factor * row.inverse_temperature * there.d * step;
    squares = fma(g, g, squares);
    gradient[first + j] += g;
  }
  squares = sum_lanes(lane, vec4f(squares)).x;
  if (lane > 0u || broken) { return; }
  samples[r] = y;
  count_loss(r, loss, squares);
}
