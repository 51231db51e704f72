// From partial sums to the factor of the update: finite check first, then clipping by the global norm.
//
//   norm = √Σ partial[·, 0];  scale = 0 if any gradient is not finite or the arm is halted,
//   else min(1, clip_norm / norm) where clip_norm > 0, else 1
//
// partial [groups, 2], health [16]: 0 norm, 1 scale, 2 non-finite in a row, 3 skipped, 4 clipped, 5 halted, 6 non-finite now.
// One workgroup: each lane adds every LANES-th partial in ascending order, lane 0 adds the lanes in ascending order.
// Stable: a sum of squares that overflowed counts as non-finite; three in a row halt the arm until the host resets it.

struct Shape {
  groups: u32,
}

override LANES: u32 = 64u;
const MOST_IN_A_ROW = 3.0;
const EXPONENT = 0x7f800000u;

@group(0) @binding(0) var<storage, read> partial: array<vec2f>;
@group(0) @binding(1) var<storage, read_write> health: array<f32>;
@group(0) @binding(2) var<uniform> shape: Shape;
@group(0) @binding(3) var<uniform> live: Live;

var<workgroup> sums: array<vec2f, LANES>;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32) {
  var sum = vec2f(0.0);
  for (var i = lane; i < shape.groups; i += LANES) {
    sum += partial[i];
  }
  sums[lane] = sum;
  workgroupBarrier();
  if (lane > 0u) { return; }
  for (var l = 1u; l < LANES; l++) {
    sum += sums[l];
  }

  let broken = sum.y > 0.0 || (bitcast<u32>(sum.x) & EXPONENT) == EXPONENT;
  let norm = select(sqrt(sum.x), 0.0, broken);
  var halted = health[5] > 0.0;
  if (broken && !halted) {
    health[2] += 1.0;
    halted = health[2] >= MOST_IN_A_ROW;
    health[5] = select(0.0, 1.0, halted);
  } else if (!halted) {
    health[2] = 0.0;
  }
  let skip = broken || halted;
  let clipped = !skip && live.clip_norm > 0.0 && norm > live.clip_norm;
  health[0] = norm;
  health[1] = select(select(1.0, live.clip_norm / max(norm, 1e-30), clipped), 0.0, skip);
  health[3] += select(0.0, 1.0, skip);
  health[4] += select(0.0, 1.0, clipped);
  health[6] = select(0.0, 1.0, broken);
}
