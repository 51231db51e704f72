// From partial sums to the factor of the update: finite check first, then clipping by the global norm.
//
//   norm = √Σ partial[·, 0];  scale = 0 if any gradient is not finite or the arm is halted,
//   else min(1, clip_norm / norm) where clip_norm > 0, else 1
//
// partial [groups, 2], health [16]: 0 norm, 1 scale, 2 non-finite in a row, 3 skipped, 4 clipped, 5 halted, 6 non-finite now.
// One workgroup: each lane adds every LANES-th partial in ascending order, lane 0 adds the lanes in ascending order. Eight
// partials are asked for before the first is used, and the health before all, since on a GPU what is read comes late.
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

// The last one in place of one past it, which counts as 0.
fn partial_at(i: u32) -> vec2f {
  return select(vec2f(0.0), partial[min(i, shape.groups - 1u)], i < shape.groups);
}

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32) {
  let in_a_row = health[2];
  let skipped_before = health[3];
  let clipped_before = health[4];
  var halted = health[5] > 0.0;
  var sum = vec2f(0.0);
  for (var i = lane; i < shape.groups; i += 8u * LANES) {
    let a = partial_at(i);
    let b = partial_at(i + LANES);
    let c = partial_at(i + 2u * LANES);
    let d = partial_at(i + 3u * LANES);
    let e = partial_at(i + 4u * LANES);
    let f = partial_at(i + 5u * LANES);
    let g = partial_at(i + 6u * LANES);
    let h = partial_at(i + 7u * LANES);
    sum = (((((((sum + a) + b) + c) + d) + e) + f) + g) + h;
  }
  sums[lane] = sum;
  workgroupBarrier();
  if (lane > 0u) { return; }
  for (var l = 1u; l < LANES; l++) {
    sum += sums[l];
  }

  let broken = sum.y > 0.0 || (bitcast<u32>(sum.x) & EXPONENT) == EXPONENT;
  let norm = select(sqrt(sum.x), 0.0, broken);
  if (broken && !halted) {
    health[2] = in_a_row + 1.0;
    halted = in_a_row + 1.0 >= MOST_IN_A_ROW;
    health[5] = select(0.0, 1.0, halted);
  } else if (!halted) {
    health[2] = 0.0;
  }
  let skip = broken || halted;
  let clipped = !skip && live.clip_norm > 0.0 && norm > live.clip_norm;
  health[0] = norm;
  health[1] = select(select(1.0, live.clip_norm / max(norm, 1e-30), clipped), 0.0, skip);
  health[3] = skipped_before + select(0.0, 1.0, skip);
  health[4] = clipped_before + select(0.0, 1.0, clipped);
  health[6] = select(0.0, 1.0, broken);
}
