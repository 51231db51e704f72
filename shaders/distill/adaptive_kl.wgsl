// Adaptive KL (Wu et al. 2024): forward KL where the student lacks the teacher's likely classes, reverse KL where it
// lacks the unlikely ones.
//
//   L = w_h KL(p ‖ q) + w_t KL(q ‖ p);  tail: classes by ascending p while their cumulative mass is ≤ μ, head: the others
//   w = Σ|p − q| over the part / Σ|p − q|, constants of the gradient: w_h(q − p)/T + w_t q(r − R)/T, r = log q − log p
//
// logits, teacher, gradient [rows, V]; order of the teacher (sort_rows) [rows, V] u32; flags [rows]; stats [rows, 16], to
// which it adds in its own slot. One workgroup a row; each lane takes a run of neighbouring ranks.
// Stable: terms/row.wgsl; both divergences as sums of terms ≥ 0.

struct Shape {
  rows: u32,
  classes: u32,
  slot: u32,
  lanes: u32,
  // the bits of 1.0
  one: u32,
}

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> teacher: array<f32>;
@group(0) @binding(2) var<storage, read> order: array<u32>;
@group(0) @binding(3) var<storage, read> flags: array<u32>;
@group(0) @binding(4) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(5) var<storage, read_write> stats: array<f32>;
@group(0) @binding(6) var<uniform> shape: Shape;
@group(0) @binding(7) var<uniform> live: Live;

fn of_row(r: u32, lane: u32) {
  if ((flags[r] & VALID) == 0u) { return; }
  let classes = shape.classes;
  let first = r * classes;
  let row = row_of(lane, first, classes, live.temperature, bitcast<f32>(shape.one));

  // From the least likely class on: rank i of the ascending order.
  let run = (classes + LANES - 1u) / LANES;
  let start = min(lane * run, classes);
  let end = min(start + run, classes);
  var mass = 0.0;
  for (var i = start; i < end; i++) { mass += element_at(row, first, order[first + classes - 1u - i]).p; }
  var cumulative = sum_before(lane, vec4f(mass)).x;

  let mu = live.term_params[shape.slot].x;
  // forward KL, reverse KL, and Σ|p − q| of head and tail
  var found = vec4f(0.0);
  // Σ of both slopes
  var slopes = vec4f(0.0);
  for (var i = start; i < end; i++) {
    let x = element_at(row, first, order[first + classes - 1u - i]);
    cumulative += x.p;
    let tail = cumulative <= mu;
    found += vec4f(
      excess(x.p, x.d, x.q),
      excess(x.q, -x.d, x.p),
      select(abs(x.gap), 0.0, tail),
      select(0.0, abs(x.gap), tail),
    );
    slopes += vec4f(x.gap, x.q * x.rise, 0.0, 0.0);
  }
  found = sum_lanes(lane, found);
  slopes = sum_lanes(lane, slopes);
  let gaps = found.z + found.w;
  let head_weight = select(0.0, found.z / gaps, gaps > 0.0);
  let tail_weight = select(0.0, found.w / gaps, gaps > 0.0);
  let loss = head_weight * found.x + tail_weight * found.y;

  let factor = own_factor();
  let broken = is_row_broken(r);
  var squares = 0.0;
  for (var j = lane; j < classes && !broken; j += LANES) {
    let x = element_at(row, first, j);
    let e = head_weight * (x.gap - x.q * slopes.x) + tail_weight * x.q * (x.rise - slopes.y);
    let g = factor * row.inverse_temperature * e;
    squares = fma(g, g, squares);
    gradient[first + j] += g;
  }
  squares = sum_lanes(lane, vec4f(squares)).x;
  if (lane > 0u || broken) { return; }
  count_loss(r, loss, squares);
}
