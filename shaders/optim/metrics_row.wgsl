// One row of the metrics ring: the column sums of per-row statistics, and a copy of the optimiser's health.
//
//   ring[ring_row, c] = (micro > 0 ? what is there : 0) + Σ_r stats[r, c];  ring[ring_row, 16 + h] = health[h]
//
// stats [rows, 16], health [16], ring [256, 32]. rows = 0 writes the health alone, healths = 0 the sums alone.
// Stable: each column is added by one lane in four interleaved runs of ascending rows, then (0 + 1) + (2 + 3).

struct Shape {
  rows: u32,
  healths: u32,
}

override WORKGROUP: u32 = 16u;
const STATS = 16u;
const RING_ROWS = 256u;
const RING_WIDTH = 32u;
const HEALTH_COLUMN = STATS;

@group(0) @binding(0) var<storage, read> stats: array<f32>;
@group(0) @binding(1) var<storage, read> health: array<f32>;
@group(0) @binding(2) var<storage, read_write> ring: array<f32>;
@group(0) @binding(3) var<uniform> shape: Shape;
@group(0) @binding(4) var<uniform> live: Live;

fn element(row: u32, column: u32) -> f32 {
  if (row >= shape.rows) { return 0.0; }
  return stats[row * STATS + column];
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let c = id.x;
  let start = (live.ring_row % RING_ROWS) * RING_WIDTH;
  if (c < shape.healths) {
    ring[start + HEALTH_COLUMN + c] = health[c];
  }
  if (c >= STATS || shape.rows == 0u) { return; }
  var sums = vec4f(0.0);
  for (var r = 0u; r < shape.rows; r += 4u) {
    sums += vec4f(element(r, c), element(r + 1u, c), element(r + 2u, c), element(r + 3u, c));
  }
  let at = start + c;
  let before = select(0.0, ring[at], live.micro > 0u);
  ring[at] = before + ((sums.x + sums.y) + (sums.z + sums.w));
}
