// order[rank of i] = i, where rank of i = #{j: tokens[j] < tokens[i], or equal and j < i}: a stable sort by counting.
// tokens, order [rows]
// Exact: whole numbers, and every rank is taken once. rows² comparisons, read along by all invocations together, which
// costs less than a sort in passes for the few thousand rows of a batch.

struct Shape {
  rows: u32,
}

override workgroup_size: u32 = 64u;

@group(0) @binding(0) var<storage, read> tokens: array<u32>;
@group(0) @binding(1) var<storage, read_write> order: array<u32>;
@group(0) @binding(2) var<uniform> shape: Shape;

@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, workgroup_size);
  if (i >= shape.rows) { return; }
  let own = tokens[i];
  var rank = 0u;
  for (var j = 0u; j < i; j++) { rank += select(0u, 1u, tokens[j] <= own); }
  for (var j = i + 1u; j < shape.rows; j++) { rank += select(0u, 1u, tokens[j] < own); }
  order[rank] = i;
}
