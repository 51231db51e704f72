// order[rank of i] = i, where rank of i = #{j: tokens[j] < tokens[i], or equal and j < i}: a stable sort by counting.
// tokens, order [rows]
// Exact: whole numbers, and every rank is taken once. rows² comparisons, read along by all invocations together, which
// costs less than a sort in passes for the few thousand rows of a batch. The last vector's padding is not counted.

struct Shape {
  rows: u32,
}

override workgroup_size: u32 = 64u;

@group(0) @binding(0) var<storage, read> tokens: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> order: array<u32>;
@group(0) @binding(2) var<uniform> shape: Shape;

@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, workgroup_size);
  if (i >= shape.rows) { return; }
  let own = tokens[i / 4u][i % 4u];
  var ranks = vec4u(0u);
  for (var j = 0u; j < shape.rows; j += 4u) {
    let four = tokens[j / 4u];
    let at = vec4u(j) + vec4u(0u, 1u, 2u, 3u);
    let before = (four < vec4u(own)) | ((four == vec4u(own)) & (at < vec4u(i)));
    ranks += select(vec4u(0u), vec4u(1u), before & (at < vec4u(shape.rows)));
  }
  order[(ranks.x + ranks.y) + (ranks.z + ranks.w)] = i;
}
