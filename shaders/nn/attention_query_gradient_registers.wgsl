// The gradient of causal attention at its queries, with the same result, bindings and statistics as
// attention_query_gradient.wgsl, from registers alone: a lane has four queries and goes over their keys, which it reads
// with its quad (lib/quads).
// q, o, do, dq [batch, positions, heads, width]; k, v [batch, positions, kv_heads, width]; stats [batch, heads, positions, 2]
// Stable: weights are made anew from the log-sum that the forward pass kept. Keys ascend. dq is replaced, or added to where
// `accumulate`.

override accumulate: bool = false;

@group(0) @binding(0) var<storage, read> q: array<f32>;
@group(0) @binding(1) var<storage, read> k: array<f32>;
@group(0) @binding(2) var<storage, read> v: array<f32>;
@group(0) @binding(3) var<storage, read> o: array<f32>;
@group(0) @binding(4) var<storage, read> d_o: array<f32>;
@group(0) @binding(5) var<storage, read_write> stats: array<vec2f>;
@group(0) @binding(6) var<storage, read_write> dq: array<f32>;
@group(0) @binding(7) var<uniform> shape: Shape;

fn key_four(at: u32, corner: u32) -> vec4f {
  if (quads) { return of_quad(k[at + corner]); }
  return vec4f(k[at], k[at + 1u], k[at + 2u], k[at + 3u]);
}

fn value_four(at: u32, corner: u32) -> vec4f {
  if (quads) { return of_quad(v[at + corner]); }
  return vec4f(v[at], v[at + 1u], v[at + 2u], v[at + 3u]);
}

@compute @workgroup_size(16)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = flat_index(id, groups, 16u);
  if (index / 4u >= shape.quads) { return; }
  let lane = lane_of(index, shape, shape.heads);
  let rows = four_rows(lane.first, shape.positions);
  let queries = ((vec4u(lane.sample * shape.positions) + rows) * shape.heads + lane.head) * width;
  let own = (lane.sample * shape.heads + lane.head) * shape.positions;
  let stride = shape.kv_heads * width;
  let kv_head = lane.head / (shape.heads / shape.kv_heads);
  var at = lane.sample * shape.positions * stride + kv_head * width;

  // A number of each of the four queries.
  var query: array<vec4f, 64>;
  var upstream: array<vec4f, 64>;
  var result: array<vec4f, 64>;
  let scale = 1.0 / sqrt(f32(width));
  var mean_slope = vec4f(0.0);
  for (var d = 0u; d < shape.width; d++) {
    let i = queries + d;
    query[d] = scale * vec4f(q[i.x], q[i.y], q[i.z], q[i.w]);
    let slope = vec4f(d_o[i.x], d_o[i.y], d_o[i.z], d_o[i.w]);
    upstream[d] = slope;
    mean_slope = fma(slope, vec4f(o[i.x], o[i.y], o[i.z], o[i.w]), mean_slope);
  }
  let log_sum = vec4f(stats[own + rows.x].x, stats[own + rows.y].x, stats[own + rows.z].x, stats[own + rows.w].x);

  let end = min(lane.quad_first + 16u, shape.positions);
  for (var j = 0u; j < end; j++) {
    var keys: array<vec4f, 16>;
    var score = vec4f(0.0);
    var slope = vec4f(0.0);
    // Two loops: the body of one would be too long for a driver to unroll where heads are 64 wide.
    for (var d = 0u; d < quarters; d++) {
      let key = key_four(at + 4u * d, lane.corner);
      score = fma(query[4u * d + 0u], vec4f(key.x), score);
      score = fma(query[4u * d + 1u], vec4f(key.y), score);
      score = fma(query[4u * d + 2u], vec4f(key.z), score);
      score = fma(query[4u * d + 3u], vec4f(key.w), score);
      keys[d] = key;
    }
    for (var d = 0u; d < quarters; d++) {
      let value = value_four(at + 4u * d, lane.corner);
      slope = fma(upstream[4u * d + 0u], vec4f(value.x), slope);
      slope = fma(upstream[4u * d + 1u], vec4f(value.y), slope);
      slope = fma(upstream[4u * d + 2u], vec4f(value.z), slope);
      slope = fma(upstream[4u * d + 3u], vec4f(value.w), slope);
    }
    let weight = exp(score - log_sum);
    slope = select(vec4f(0.0), scale * weight * (slope - mean_slope), vec4u(j) <= rows);
    for (var d = 0u; d < quarters; d++) {
      let key = keys[d];
      result[4u * d + 0u] = fma(slope, vec4f(key.x), result[4u * d + 0u]);
      result[4u * d + 1u] = fma(slope, vec4f(key.y), result[4u * d + 1u]);
      result[4u * d + 2u] = fma(slope, vec4f(key.z), result[4u * d + 2u]);
      result[4u * d + 3u] = fma(slope, vec4f(key.w), result[4u * d + 3u]);
    }
    at += stride;
  }

  for (var d = 0u; d < shape.width; d++) {
    let sum = result[d];
    for (var r = 0u; r < lane.count; r++) {
      let i = queries[r] + d;
      if (accumulate) { dq[i] += sum[r]; } else { dq[i] = sum[r]; }
    }
  }
  for (var r = 0u; r < lane.count; r++) { stats[own + lane.first + r].y = mean_slope[r]; }
}
