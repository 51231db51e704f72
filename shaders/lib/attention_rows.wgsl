// What the kernels of causal attention share: four rows of [rows, heads, width] side by side in workgroup memory, and
// sums and maxima over a workgroup of `lanes` lanes. A library: no bindings, no entry point.
// Lanes are merged in ascending order, as in lib/workgroup_sum.wgsl.

override lanes: u32 = 64u;
override width: u32 = 64u;

var<workgroup> of_lanes: array<vec4f, lanes>;

fn largest_of_lanes(lane: u32, used: u32, own: vec4f) -> vec4f {
  workgroupBarrier();
  of_lanes[lane] = own;
  workgroupBarrier();
  var largest = of_lanes[0];
  for (var i = 1u; i < used; i++) { largest = max(largest, of_lanes[i]); }
  return largest;
}

fn sum_of_lanes(lane: u32, used: u32, own: vec4f) -> vec4f {
  workgroupBarrier();
  of_lanes[lane] = own;
  workgroupBarrier();
  var sum = of_lanes[0];
  for (var i = 1u; i < used; i++) { sum += of_lanes[i]; }
  return sum;
}

// Where four rows begin; rows past the last one stand for the last.
fn four_rows(first: u32, rows: u32) -> vec4u {
  return min(vec4u(first) + vec4u(0u, 1u, 2u, 3u), vec4u(rows - 1u));
}
