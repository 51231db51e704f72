// The entry point of kernels that give each row a workgroup: of_row(r, lane) for each r below shape.rows.
// A library: needs lib/grid and lib/lanes, and of the kernel `shape` with rows and lanes, and of_row.

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let r = flat_group(group, groups);
  if (r >= shape.rows) { return; }
  lane_count = shape.lanes;
  of_row(r, lane);
}
