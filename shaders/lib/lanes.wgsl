// Sums, largest values and running sums over a workgroup of LANES lanes, each given to every lane.
// A library: no bindings, no entry point. Lanes are added in ascending order, so that neither subgroups nor the adapter
// can change a bit; a loop over workgroup memory costs two barriers where a tree costs many (lib/workgroup_sum).

override LANES: u32 = 64u;

// LANES once more, from a buffer: a compiler that knew it would unroll every sum, which takes a CPU adapter many seconds.
var<private> lane_count: u32;

var<workgroup> lane_values: array<vec4f, LANES>;

fn share_lanes(lane: u32, own: vec4f) {
  // The first barrier keeps this value from overwriting what another lane still reads.
  workgroupBarrier();
  lane_values[lane] = own;
  workgroupBarrier();
}

fn sum_lanes(lane: u32, own: vec4f) -> vec4f {
  share_lanes(lane, own);
  var sum = vec4f(0.0);
  for (var i = 0u; i < lane_count; i++) { sum += lane_values[i]; }
  return sum;
}

fn max_lanes(lane: u32, own: vec4f) -> vec4f {
  share_lanes(lane, own);
  var largest = own;
  for (var i = 0u; i < lane_count; i++) { largest = max(largest, lane_values[i]); }
  return largest;
}

// The sum of the lanes before this one.
fn sum_before(lane: u32, own: vec4f) -> vec4f {
  share_lanes(lane, own);
  var sum = vec4f(0.0);
  for (var i = 0u; i < lane; i++) { sum += lane_values[i]; }
  return sum;
}
