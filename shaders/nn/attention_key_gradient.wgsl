// Of causal attention (attention.wgsl): dv_j = sum over i >= j of p_ij do_i and dk_j = sum over i >= j of ds_ij q_i / sqrt(width),
// both over all query heads that share the key, with ds_ij = p_ij (do_i v_j - D_i).
// q, do [batch, positions, heads, width]; k, v, dk, dv [batch, positions, kv_heads, width];
// stats [batch, heads, positions, 2]: the log-sum and D_i, as attention_query_gradient left them
// Stable and deterministic: heads and queries in ascending order, a workgroup for four keys. Gradients are replaced, or
// added to where `accumulate_key` or `accumulate_value`.

struct Shape {
  groups: u32,
  positions: u32,
  heads: u32,
  kv_heads: u32,
}

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

// Four rows of k, scaled, of v, and of their gradients.
var<workgroup> key: array<vec4f, width>;
var<workgroup> value: array<vec4f, width>;
var<workgroup> key_result: array<vec4f, width>;
var<workgroup> value_result: array<vec4f, width>;
var<workgroup> slopes: array<vec4f, lanes>;

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
  let kv_head = place / tiles % shape.kv_heads;
  let sample = place / (tiles * shape.kv_heads);
  let rows = four_rows(first, shape.positions);
  let query_stride = shape.heads * width;
  let shared_by = shape.heads / shape.kv_heads;
  let keys = (vec4u(sample * shape.positions) + rows) * (shape.kv_heads * width) + kv_head * width;
  let scale = 1.0 / sqrt(f32(width));
  for (var d = lane; d < width; d += lanes) {
    key[d] = scale * vec4f(k[keys.x + d], k[keys.y + d], k[keys.z + d], k[keys.w + d]);
    value[d] = vec4f(v[keys.x + d], v[keys.y + d], v[keys.z + d], v[keys.w + d]);
    key_result[d] = vec4f(0.0);
    value_result[d] = vec4f(0.0);
  }
  workgroupBarrier();

  for (var head = kv_head * shared_by; head < (kv_head + 1u) * shared_by; head++) {
    let queries = sample * shape.positions * query_stride + head * width;
    let own = (sample * shape.heads + head) * shape.positions;
    for (var start = first; start < shape.positions; start += lanes) {
      let i = start + lane;
      var weight = vec4f(0.0);
      var slope = vec4f(0.0);
      if (i < shape.positions) {
        let query = queries + i * query_stride;
        var score = vec4f(0.0);
        for (var d = 0u; d < width; d++) {
          score = fma(key[d], vec4f(q[query + d]), score);
          slope = fma(value[d], vec4f(d_o[query + d]), slope);
        }
        let statistic = stats[own + i];
        weight = select(vec4f(0.0), exp(score - statistic.x), rows <= vec4u(i));
        slope = scale * weight * (slope - statistic.y);
      }
      workgroupBarrier();
      of_lanes[lane] = weight;
      slopes[lane] = slope;
      workgroupBarrier();
      let count = min(lanes, shape.positions - start);
      for (var d = lane; d < width; d += lanes) {
        var key_sum = key_result[d];
        var value_sum = value_result[d];
        var at = queries + start * query_stride + d;
        for (var n = 0u; n < count; n++) {
          key_sum = fma(slopes[n], vec4f(q[at]), key_sum);
          value_sum = fma(of_lanes[n], vec4f(d_o[at]), value_sum);
          at += query_stride;
        }
        key_result[d] = key_sum;
        value_result[d] = value_sum;
      }
    }
  }

  let count = min(4u, shape.positions - first);
  for (var d = lane; d < width; d += lanes) {
    for (var r = 0u; r < count; r++) {
      let i = keys[r] + d;
      if (accumulate_key) { dk[i] += key_result[d][r]; } else { dk[i] = key_result[d][r]; }
      if (accumulate_value) { dv[i] += value_result[d][r]; } else { dv[i] = value_result[d][r]; }
    }
  }
}
