// Causal attention, with the same result, bindings and statistics as attention.wgsl, from registers alone: a lane has four
// queries and goes over their keys, which it reads with its quad (lib/quads).
// q, o [batch, positions, heads, width]; k, v [batch, positions, kv_heads, width]; stats [batch, heads, positions, 2]: l_i
// Stable: o and the sum of weights are of weights at the largest score so far, and are rescaled when it grows. Later keys never
// count as scores, so that there is no -infinity. Keys ascend.

@group(0) @binding(0) var<storage, read> q: array<f32>;
@group(0) @binding(1) var<storage, read> k: array<f32>;
@group(0) @binding(2) var<storage, read> v: array<f32>;
@group(0) @binding(3) var<storage, read_write> o: array<f32>;
@group(0) @binding(4) var<storage, read_write> stats: array<vec2f>;
@group(0) @binding(5) var<uniform> shape: Shape;

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
  let stride = shape.kv_heads * width;
  let kv_head = lane.head / (shape.heads / shape.kv_heads);
  var at = lane.sample * shape.positions * stride + kv_head * width;

  // A number of each of the four queries.
  var query: array<vec4f, 64>;
  var result: array<vec4f, 64>;
  let scale = 1.0 / sqrt(f32(width));
  for (var d = 0u; d < shape.width; d++) {
    query[d] = scale * vec4f(q[queries.x + d], q[queries.y + d], q[queries.z + d], q[queries.w + d]);
  }

  var top = vec4f(-1e30);
  var total = vec4f(0.0);
  let end = min(lane.quad_first + 16u, shape.positions);
  for (var j = 0u; j < end; j++) {
    var score = vec4f(0.0);
    for (var d = 0u; d < quarters; d++) {
      let key = key_four(at + 4u * d, lane.corner);
      score = fma(query[4u * d + 0u], vec4f(key.x), score);
      score = fma(query[4u * d + 1u], vec4f(key.y), score);
      score = fma(query[4u * d + 2u], vec4f(key.z), score);
      score = fma(query[4u * d + 3u], vec4f(key.w), score);
    }
    let seen = vec4u(j) <= rows;
    let next = select(top, max(top, score), seen);
    let kept = exp(top - next);
    let weight = select(vec4f(0.0), exp(score - next), seen);
    top = next;
    total = fma(total, kept, weight);
    // Two loops: the body of one would be too long for a driver to unroll where heads are 64 wide.
    var values: array<vec4f, 16>;
    for (var d = 0u; d < quarters; d++) {
      values[d] = value_four(at + 4u * d, lane.corner);
      result[4u * d + 0u] *= kept;
      result[4u * d + 1u] *= kept;
      result[4u * d + 2u] *= kept;
      result[4u * d + 3u] *= kept;
    }
    for (var d = 0u; d < quarters; d++) {
      let value = values[d];
      result[4u * d + 0u] = fma(weight, vec4f(value.x), result[4u * d + 0u]);
      result[4u * d + 1u] = fma(weight, vec4f(value.y), result[4u * d + 1u]);
      result[4u * d + 2u] = fma(weight, vec4f(value.z), result[4u * d + 2u]);
      result[4u * d + 3u] = fma(weight, vec4f(value.w), result[4u * d + 3u]);
    }
    at += stride;
  }

  let log_sum = top + log(total);
  for (var d = 0u; d < shape.width; d++) {
    let mean = result[d] / total;
    for (var r = 0u; r < lane.count; r++) { o[queries[r] + d] = mean[r]; }
  }
  for (var r = 0u; r < lane.count; r++) {
    stats[(lane.sample * shape.heads + lane.head) * shape.positions + lane.first + r] = vec2f(log_sum[r], 0.0);
  }
}
