// The sum of one vec2f a lane over a workgroup of sum_lanes lanes, given to every lane. A library: no entry point.
// Lanes are added in ascending order, so that neither subgroups nor the adapter can change a bit; a loop over
// workgroup memory costs two barriers where a tree costs seven, which counts on drivers that run on a CPU.

override sum_lanes: u32 = 64u;

var<workgroup> lane_sums: array<vec2f, sum_lanes>;

// Only the first `used` lanes hold anything. A count from a buffer: a compiler that knew it would unroll the sum, which
// takes a CPU adapter many seconds.
fn workgroup_sum(lane: u32, used: u32, value: vec2f) -> vec2f {
  workgroupBarrier();
  lane_sums[lane] = value;
  workgroupBarrier();
  var sum = vec2f(0.0);
  for (var i = 0u; i < used; i++) { sum += lane_sums[i]; }
  return sum;
}
