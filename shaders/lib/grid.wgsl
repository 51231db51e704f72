// Unfolds a dispatch whose workgroups were folded into x and y (tensor/kernel.ts, `grid`).
// A library: no bindings, no entry point. `size` is the number of invocations of a workgroup along x.

fn flat_index(id: vec3u, groups: vec3u, size: u32) -> u32 {
  return id.x + id.y * groups.x * size;
}

fn flat_group(group: vec3u, groups: vec3u) -> u32 {
  return group.x + group.y * groups.x;
}
