// One row of the metrics ring, as metrics_row writes it, by a workgroup of 256 lanes: for a GPU, whose single lane waits for
// each number that it reads.
//
//   ring[ring_row, c] = (micro > 0 ? what is there : 0) + Σ_r stats[r, c];  ring[ring_row, 16 + h] = health[h]
//
// stats [rows, 4] vectors of four columns, health [16], ring [256, 32]. rows = 0 writes the health alone, healths = 0 the
// sums alone. Stable: lane l adds every 64th row of columns 4(l mod 4) to 4(l mod 4) + 3, eight rows at a time, then halves of
// the lanes are added to halves, so that the order depends on the rows alone.

struct Shape {
  rows: u32,
  healths: u32,
  // LANES once more: a compiler that knew it would unroll the tree, which takes a CPU adapter seconds.
  lanes: u32,
}

const LANES = 256u;
const STATS = 16u;
const QUADS = STATS / 4u;
const STEP = LANES / QUADS;
const RING_ROWS = 256u;
const RING_WIDTH = 32u;
const HEALTH_COLUMN = STATS;

@group(0) @binding(0) var<storage, read> stats: array<vec4f>;
@group(0) @binding(1) var<storage, read> health: array<f32>;
@group(0) @binding(2) var<storage, read_write> ring: array<f32>;
@group(0) @binding(3) var<uniform> shape: Shape;
@group(0) @binding(4) var<uniform> live: Live;

var<workgroup> sums: array<vec4f, LANES>;

// The last row in place of one past it, so that all are asked for at once; it counts as 0.
fn columns(row: u32, quad: u32) -> vec4f {
  return select(vec4f(0.0), stats[min(row, shape.rows - 1u) * QUADS + quad], row < shape.rows);
}

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32) {
  let start = (live.ring_row % RING_ROWS) * RING_WIDTH;
  if (lane < shape.healths) {
    ring[start + HEALTH_COLUMN + lane] = health[lane];
  }
  var before = 0.0;
  if (lane < STATS && live.micro > 0u) { before = ring[start + lane]; }
  let quad = lane % QUADS;
  var sum = vec4f(0.0);
  for (var row = lane / QUADS; row < shape.rows; row += 8u * STEP) {
    let a = columns(row, quad);
    let b = columns(row + STEP, quad);
    let c = columns(row + 2u * STEP, quad);
    let d = columns(row + 3u * STEP, quad);
    let e = columns(row + 4u * STEP, quad);
    let f = columns(row + 5u * STEP, quad);
    let g = columns(row + 6u * STEP, quad);
    let h = columns(row + 7u * STEP, quad);
    sum += ((a + b) + (c + d)) + ((e + f) + (g + h));
  }
  sums[lane] = sum;
  workgroupBarrier();
  for (var half = shape.lanes / 2u; half >= QUADS; half /= 2u) {
    if (lane < half) { sums[lane] += sums[lane + half]; }
    workgroupBarrier();
  }
  if (lane >= STATS || shape.rows == 0u) { return; }
  ring[start + lane] = before + sums[lane / 4u][lane % 4u];
}
