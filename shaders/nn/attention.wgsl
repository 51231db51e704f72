// Causal attention (Vaswani et al., arXiv 1706.03762): o_i = sum over j <= i of p_ij v_j, p_ij = exp(s_ij - l_i), with
// s_ij = q_i k_j / sqrt(width) and l_i = log sum over j <= i of exp s_ij. Query heads share keys and values in groups.
// q, o [batch, positions, heads, width]; k, v [batch, positions, kv_heads, width]; stats [batch, heads, positions, 2]: l_i
// Stable: the largest score is known before a weight is made of one. Later keys are never read as scores, so that there is
// no -infinity. P is not kept: a workgroup takes four queries of a head, a lane the keys j = lane, lane + lanes, ...

struct Shape {
  groups: u32,
  positions: u32,
  heads: u32,
  kv_heads: u32,
}

@group(0) @binding(0) var<storage, read> q: array<f32>;
@group(0) @binding(1) var<storage, read> k: array<f32>;
@group(0) @binding(2) var<storage, read> v: array<f32>;
@group(0) @binding(3) var<storage, read_write> o: array<f32>;
@group(0) @binding(4) var<storage, read_write> stats: array<vec2f>;
@group(0) @binding(5) var<uniform> shape: Shape;

// Four rows of q, scaled, and of o.
var<workgroup> query: array<vec4f, width>;
var<workgroup> result: array<vec4f, width>;

fn scores(key: u32) -> vec4f {
  var sum = vec4f(0.0);
  for (var d = 0u; d < width; d++) { sum = fma(query[d], vec4f(k[key + d]), sum); }
  return sum;
}

@compute @workgroup_size(lanes)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let place = flat_group(group, groups);
  if (place >= shape.groups) { return; }
  let tiles = (shape.positions + 3u) / 4u;
  let first = place % tiles * 4u;
  let head = place / tiles % shape.heads;
  let sample = place / (tiles * shape.heads);
  let rows = four_rows(first, shape.positions);
  let query_stride = shape.heads * width;
  let key_stride = shape.kv_heads * width;
  let queries = (vec4u(sample * shape.positions) + rows) * query_stride + head * width;
  let keys = sample * shape.positions * key_stride + head / (shape.heads / shape.kv_heads) * width;
  let scale = 1.0 / sqrt(f32(width));
  for (var d = lane; d < width; d += lanes) {
    query[d] = scale * vec4f(q[queries.x + d], q[queries.y + d], q[queries.z + d], q[queries.w + d]);
    result[d] = vec4f(0.0);
  }
  workgroupBarrier();

  let end = rows.w + 1u;
  let used = min(lanes, end);
  var top = vec4f(-1e30);
  var total = vec4f(0.0);
  var score = vec4f(0.0);
  for (var j = lane; j < end; j += lanes) {
    score = scores(keys + j * key_stride);
    let seen = vec4u(j) <= rows;
    let next = select(top, max(top, score), seen);
    total = total * exp(top - next) + select(vec4f(0.0), exp(score - next), seen);
    top = next;
  }
  let largest = largest_of_lanes(lane, used, top);
  let log_sum = largest + log(sum_of_lanes(lane, used, total * exp(top - largest)));

  for (var start = 0u; start < end; start += lanes) {
    let j = start + lane;
    var weight = vec4f(0.0);
    if (j < end) {
      // One tile of keys: the score is still there.
      if (end > lanes) { score = scores(keys + j * key_stride); }
      weight = select(vec4f(0.0), exp(score - log_sum), vec4u(j) <= rows);
    }
    workgroupBarrier();
    of_lanes[lane] = weight;
    workgroupBarrier();
    let count = min(lanes, end - start);
    for (var d = lane; d < width; d += lanes) {
      var sum = result[d];
      var at = keys + start * key_stride + d;
      for (var i = 0u; i < count; i++) {
        sum = fma(of_lanes[i], vec4f(v[at]), sum);
        at += key_stride;
      }
      result[d] = sum;
    }
  }

  let count = min(4u, shape.positions - first);
  for (var d = lane; d < width; d += lanes) {
    for (var r = 0u; r < count; r++) { o[queries[r] + d] = result[d][r]; }
  }
  if (lane < count) {
    stats[(sample * shape.heads + head) * shape.positions + first + lane] = vec2f(log_sum[lane], 0.0);
  }
}
