// order[rank of i] = i, where rank of i = #{j: tokens[j] < tokens[i], or equal and j < i}: a stable sort by counting.
// tokens, order [rows]
// Exact: whole numbers, and every rank is taken once. rows² comparisons, read along by all invocations together, which
// costs less than a sort in passes for the few thousand rows of a batch. The last vector's padding is not counted. Where
// there are several parts, each invocation of a position counts in its own share of the tokens, and the first adds.

struct Shape {
  rows: u32,
}

override positions: u32 = 64u;
override parts: u32 = 1u;

@group(0) @binding(0) var<storage, read> tokens: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> order: array<u32>;
@group(0) @binding(2) var<uniform> shape: Shape;

var<workgroup> counts: array<u32, 256>;

// Which of four tokens come before position i.
fn before(j: u32, own: u32, i: u32) -> vec4u {
  let four = tokens[min(j, (shape.rows - 1u) / 4u)];
  let at = 4u * vec4u(j) + vec4u(0u, 1u, 2u, 3u);
  let less = (four < vec4u(own)) | ((four == vec4u(own)) & (at < vec4u(i)));
  return select(vec4u(0u), vec4u(1u), less & (at < vec4u(shape.rows)));
}

@compute @workgroup_size(positions, parts)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let i = flat_group(group, groups) * positions + local.x;
  let place = min(i, shape.rows - 1u);
  let own = tokens[place / 4u][place % 4u];
  var ranks = vec4u(0u);
  for (var j = local.y; 4u * j < shape.rows; j += 4u * parts) {
    ranks += (before(j, own, i) + before(j + parts, own, i)) +
      (before(j + 2u * parts, own, i) + before(j + 3u * parts, own, i));
  }
  var rank = (ranks.x + ranks.y) + (ranks.z + ranks.w);
  if (parts > 1u) {
    counts[local.y * positions + local.x] = rank;
    workgroupBarrier();
    if (local.y > 0u) { return; }
    for (var part = 1u; part < parts; part++) { rank += counts[part * positions + local.x]; }
  }
  if (i < shape.rows) { order[rank] = i; }
}
