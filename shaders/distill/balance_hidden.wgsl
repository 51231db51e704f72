// Brings the hidden losses to the size of the terms on logits: factor = |Σ_k w_k L_k| / L_hidden, a constant of the
// gradient (ModelOpt's balancing), 0 where there is no hidden loss; and the statistics to what they are with it.
//
// stats [rows, 16] of the batch: reads 2…5 (L_k), 14 (L_hidden); changes 0 (the weighted loss) and 15 (|gradient|²);
// factor [1], for scale_by. One workgroup in all.

struct Shape {
  rows: u32,
  lanes: u32,
}

const STATS = 16u;

@group(0) @binding(0) var<storage, read_write> stats: array<f32>;
@group(0) @binding(1) var<storage, read_write> factor: array<f32>;
@group(0) @binding(2) var<uniform> shape: Shape;
@group(0) @binding(3) var<uniform> live: Live;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  if (group.x > 0u) { return; }
  lane_count = shape.lanes;
  var sums = vec4f(0.0);
  for (var r = lane; r < shape.rows; r += LANES) {
    let at = r * STATS;
    let terms = vec4f(stats[at + 2u], stats[at + 3u], stats[at + 4u], stats[at + 5u]);
    sums += vec4f(dot(live.term_weight, terms), stats[at + 14u], 0.0, 0.0);
  }
  sums = sum_lanes(lane, sums);
  let scale = select(abs(sums.x) / sums.y, 0.0, sums.y == 0.0);
  for (var r = lane; r < shape.rows; r += LANES) {
    let at = r * STATS;
    stats[at] += live.hidden_weight * (scale - 1.0) * stats[at + 14u];
    stats[at + 15u] *= scale * scale;
  }
  if (lane == 0u) { factor[0] = scale; }
}
