// The sum of one vec2f a lane over a workgroup of 64 lanes, given to every lane. A library: no entry point.
// Lanes are added in ascending order, so that neither subgroups nor the adapter can change a bit; a loop over
// workgroup memory costs two barriers where a tree costs seven, which counts on drivers that run on a CPU.

const sum_lanes: u32 = 64u;

var<workgroup> lane_sums: array<vec2f, sum_lanes>;

fn workgroup_sum(lane: u32, value: vec2f) -> vec2f {
  workgroupBarrier();
  lane_sums[lane] = value;
  workgroupBarrier();
  var sum = vec2f(0.0);
  for (var i = 0u; i < sum_lanes; i++) { sum += lane_sums[i]; }
  return sum;
}
