// The gradients of causal attention at its keys and values, with the same results and bindings as attention_key_gradient.wgsl,
// from registers alone: a lane has four keys and goes over the queries that see them, which it reads with its quad (lib/quads).
// q, do [batch, positions, heads, width]; k, v, dk, dv [batch, positions, kv_heads, width];
// stats [batch, heads, positions, 2]: the log-sum and D_i, as attention_query_gradient left them
// Stable and deterministic: heads and queries in ascending order. Gradients are replaced, or added to where
// `accumulate_key` or `accumulate_value`.

override accumulate_key: bool = false;
override accumulate_value: bool = false;

@group(0) @binding(0) var<storage, read> q: array<f32>;
@group(0) @binding(1) var<storage, read> k: array<f32>;
@group(0) @binding(2) var<storage, read> v: array<f32>;
@group(0) @binding(3) var<storage, read> d_o: array<f32>;
@group(0) @binding(4) var<storage, read> stats: array<vec2f>;
@group(0) @binding(5) var<storage, read_write> dk: array<f32>;
@group(0) @binding(6) var<storage, read_write> dv: array<f32>;
@group(0) @binding(7) var<uniform> shape: Shape;

fn query_four(at: u32, corner: u32) -> vec4f {
  if (quads) { return of_quad(q[at + corner]); }
  return vec4f(q[at], q[at + 1u], q[at + 2u], q[at + 3u]);
}

fn upstream_four(at: u32, corner: u32) -> vec4f {
  if (quads) { return of_quad(d_o[at + corner]); }
  return vec4f(d_o[at], d_o[at + 1u], d_o[at + 2u], d_o[at + 3u]);
}

@compute @workgroup_size(16)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = flat_index(id, groups, 16u);
  if (index / 4u >= shape.quads) { return; }
  let lane = lane_of(index, shape, shape.kv_heads);
  let rows = four_rows(lane.first, shape.positions);
  let own = ((vec4u(lane.sample * shape.positions) + rows) * shape.kv_heads + lane.head) * width;

  // A number of each of the four keys.
  var key: array<vec4f, 64>;
  var value: array<vec4f, 64>;
  var key_result: array<vec4f, 64>;
  var value_result: array<vec4f, 64>;
  let scale = 1.0 / sqrt(f32(width));
  for (var d = 0u; d < shape.width; d++) {
    let i = own + d;
    key[d] = scale * vec4f(k[i.x], k[i.y], k[i.z], k[i.w]);
    value[d] = vec4f(v[i.x], v[i.y], v[i.z], v[i.w]);
  }

  let shared_by = shape.heads / shape.kv_heads;
  for (var n = 0u; n < shared_by; n++) {
    let head = lane.head * shared_by + n;
    let statistics = (lane.sample * shape.heads + head) * shape.positions;
    for (var i = lane.quad_first; i < shape.positions; i++) {
      let at = ((lane.sample * shape.positions + i) * shape.heads + head) * width;
      var queries: array<vec4f, 16>;
      var upstreams: array<vec4f, 16>;
      var score = vec4f(0.0);
      var slope = vec4f(0.0);
      // Two loops and two: the body of one would be too long for a driver to unroll where heads are 64 wide.
      for (var d = 0u; d < quarters; d++) {
        let query = query_four(at + 4u * d, lane.corner);
        score = fma(key[4u * d + 0u], vec4f(query.x), score);
        score = fma(key[4u * d + 1u], vec4f(query.y), score);
        score = fma(key[4u * d + 2u], vec4f(query.z), score);
        score = fma(key[4u * d + 3u], vec4f(query.w), score);
        queries[d] = query;
      }
      for (var d = 0u; d < quarters; d++) {
        let upstream = upstream_four(at + 4u * d, lane.corner);
        slope = fma(value[4u * d + 0u], vec4f(upstream.x), slope);
        slope = fma(value[4u * d + 1u], vec4f(upstream.y), slope);
        slope = fma(value[4u * d + 2u], vec4f(upstream.z), slope);
        slope = fma(value[4u * d + 3u], vec4f(upstream.w), slope);
        upstreams[d] = upstream;
      }
      let statistic = stats[statistics + i];
      let weight = select(vec4f(0.0), exp(score - statistic.x), rows <= vec4u(i));
      slope = scale * weight * (slope - statistic.y);
      for (var d = 0u; d < quarters; d++) {
        let query = queries[d];
        key_result[4u * d + 0u] = fma(slope, vec4f(query.x), key_result[4u * d + 0u]);
        key_result[4u * d + 1u] = fma(slope, vec4f(query.y), key_result[4u * d + 1u]);
        key_result[4u * d + 2u] = fma(slope, vec4f(query.z), key_result[4u * d + 2u]);
        key_result[4u * d + 3u] = fma(slope, vec4f(query.w), key_result[4u * d + 3u]);
      }
      for (var d = 0u; d < quarters; d++) {
        let upstream = upstreams[d];
        value_result[4u * d + 0u] = fma(weight, vec4f(upstream.x), value_result[4u * d + 0u]);
        value_result[4u * d + 1u] = fma(weight, vec4f(upstream.y), value_result[4u * d + 1u]);
        value_result[4u * d + 2u] = fma(weight, vec4f(upstream.z), value_result[4u * d + 2u]);
        value_result[4u * d + 3u] = fma(weight, vec4f(upstream.w), value_result[4u * d + 3u]);
      }
    }
  }

  for (var d = 0u; d < shape.width; d++) {
    let of_keys = key_result[d];
    let of_values = value_result[d];
    for (var r = 0u; r < lane.count; r++) {
      let i = own[r] + d;
      if (accumulate_key) { dk[i] += of_keys[r]; } else { dk[i] = of_keys[r]; }
      if (accumulate_value) { dv[i] += of_values[r]; } else { dv[i] = of_values[r]; }
    }
  }
}
