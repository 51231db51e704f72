// Of causal attention (attention.wgsl): dq_i = sum over j <= i of ds_ij k_j / sqrt(width), with ds_ij = p_ij (dp_ij - D_i),
// dp_ij = do_i v_j and D_i = do_i o_i (Dao et al., arXiv 2205.14135). D_i is left in stats for attention_key_gradient.
// q, o, do, dq [batch, positions, heads, width]; k, v [batch, positions, kv_heads, width]; stats [batch, heads, positions, 2]
// Stable: weights are made anew from the log-sum that the forward pass kept. dq is replaced, or added to where `accumulate`.

struct Shape {
  groups: u32,
  positions: u32,
  heads: u32,
  kv_heads: u32,
}

override accumulate: bool = false;

@group(0) @binding(0) var<storage, read> q: array<f32>;
@group(0) @binding(1) var<storage, read> k: array<f32>;
@group(0) @binding(2) var<storage, read> v: array<f32>;
@group(0) @binding(3) var<storage, read> o: array<f32>;
@group(0) @binding(4) var<storage, read> d_o: array<f32>;
@group(0) @binding(5) var<storage, read_write> stats: array<vec2f>;
@group(0) @binding(6) var<storage, read_write> dq: array<f32>;
@group(0) @binding(7) var<uniform> shape: Shape;

// Four rows of q, scaled, of do, and of dq.
var<workgroup> query: array<vec4f, width>;
var<workgroup> upstream: array<vec4f, width>;
var<workgroup> result: array<vec4f, width>;

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
  var products = vec4f(0.0);
  for (var d = lane; d < width; d += lanes) {
    query[d] = scale * vec4f(q[queries.x + d], q[queries.y + d], q[queries.z + d], q[queries.w + d]);
    let slope = vec4f(d_o[queries.x + d], d_o[queries.y + d], d_o[queries.z + d], d_o[queries.w + d]);
    upstream[d] = slope;
    products = fma(slope, vec4f(o[queries.x + d], o[queries.y + d], o[queries.z + d], o[queries.w + d]), products);
    result[d] = vec4f(0.0);
  }
  let mean_slope = sum_of_lanes(lane, min(lanes, width), products);
  let own = (sample * shape.heads + head) * shape.positions;
  let log_sum = vec4f(stats[own + rows.x].x, stats[own + rows.y].x, stats[own + rows.z].x, stats[own + rows.w].x);

  let end = rows.w + 1u;
  for (var start = 0u; start < end; start += lanes) {
    let j = start + lane;
    var slope = vec4f(0.0);
    if (j < end) {
      let key = keys + j * key_stride;
      var score = vec4f(0.0);
      for (var d = 0u; d < width; d++) {
        score = fma(query[d], vec4f(k[key + d]), score);
        slope = fma(upstream[d], vec4f(v[key + d]), slope);
      }
      let weight = exp(score - log_sum);
      slope = select(vec4f(0.0), scale * weight * (slope - mean_slope), vec4u(j) <= rows);
    }
    workgroupBarrier();
    of_lanes[lane] = slope;
    workgroupBarrier();
    let count = min(lanes, end - start);
    for (var d = lane; d < width; d += lanes) {
      var sum = result[d];
      var at = keys + start * key_stride + d;
      for (var i = 0u; i < count; i++) {
        sum = fma(of_lanes[i], vec4f(k[at]), sum);
        at += key_stride;
      }
      result[d] = sum;
    }
  }

  let count = min(4u, shape.positions - first);
  for (var d = lane; d < width; d += lanes) {
    for (var r = 0u; r < count; r++) {
      let i = queries[r] + d;
      if (accumulate) { dq[i] += result[d][r]; } else { dq[i] = result[d][r]; }
    }
  }
  if (lane < count) { stats[own + first + lane].y = mean_slope[lane]; }
}
