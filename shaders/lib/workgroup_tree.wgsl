// The sum of one vec2f a lane over a workgroup of sum_lanes lanes, a power of two, given to every lane. A library: no
// entry point. For a GPU, in place of lib/workgroup_sum: halves are added to halves, so that no lane waits for a sum of
// many, and the tree depends on the number of lanes alone. Lanes that have nothing give 0.

override sum_lanes: u32 = 64u;

var<workgroup> lane_sums: array<vec2f, sum_lanes>;

// `lanes`: sum_lanes once more, from a buffer: a compiler that knew it would unroll the tree, which takes a CPU adapter seconds.
fn workgroup_sum(lane: u32, lanes: u32, value: vec2f) -> vec2f {
  workgroupBarrier();
  lane_sums[lane] = value;
  workgroupBarrier();
  for (var half = lanes / 2u; half > 0u; half /= 2u) {
    if (lane < half) { lane_sums[lane] += lane_sums[lane + half]; }
    workgroupBarrier();
  }
  return lane_sums[0];
}
