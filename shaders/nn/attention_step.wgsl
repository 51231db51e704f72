// Causal attention (attention.wgsl) of one new position a sequence over a cache of keys and values:
// o = sum over j <= position of p_j v_j, p_j = exp(s_j - l), s_j = q k_j / sqrt(width)
// q, o [batch, heads, width]; k, v [batch, positions, kv_heads, width]; place [batch]: the position of each sequence
// Stable: as attention.wgsl. What the cache holds past the position is not read. A workgroup for each head.

struct Shape {
  groups: u32,
  positions: u32,
  heads: u32,
  kv_heads: u32,
}

const lanes: u32 = 64u;
override width: u32 = 64u;

@group(0) @binding(0) var<storage, read> q: array<f32>;
@group(0) @binding(1) var<storage, read> k: array<f32>;
@group(0) @binding(2) var<storage, read> v: array<f32>;
@group(0) @binding(3) var<storage, read> place: array<u32>;
@group(0) @binding(4) var<storage, read_write> o: array<f32>;
@group(0) @binding(5) var<uniform> shape: Shape;

var<workgroup> query: array<f32, width>;
var<workgroup> result: array<f32, width>;
// The largest score of a lane and the sum below it; then weights of a tile of keys.
var<workgroup> of_lanes: array<vec2f, lanes>;

fn score(key: u32) -> f32 {
  var sum = 0.0;
  for (var d = 0u; d < width; d++) { sum = fma(query[d], k[key + d], sum); }
  return sum;
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let own = flat_group(group, groups);
  if (own >= shape.groups) { return; }
  let sample = own / shape.heads;
  let head = own % shape.heads;
  let stride = shape.kv_heads * width;
  let keys = sample * shape.positions * stride + head / (shape.heads / shape.kv_heads) * width;
  let end = min(place[sample] + 1u, shape.positions);
  let scale = 1.0 / sqrt(f32(width));
  for (var d = lane; d < width; d += lanes) {
    query[d] = scale * q[own * width + d];
    result[d] = 0.0;
  }
  workgroupBarrier();

  var top = -1e30;
  var total = 0.0;
  for (var j = lane; j < end; j += lanes) {
    let s = score(keys + j * stride);
    let next = max(top, s);
    total = total * exp(top - next) + exp(s - next);
    top = next;
  }
  of_lanes[lane] = vec2f(top, total);
  workgroupBarrier();
  var largest = -1e30;
  for (var i = 0u; i < min(lanes, end); i++) { largest = max(largest, of_lanes[i].x); }
  var sum = 0.0;
  for (var i = 0u; i < min(lanes, end); i++) { sum += of_lanes[i].y * exp(of_lanes[i].x - largest); }
  let log_sum = largest + log(sum);

  for (var start = 0u; start < end; start += lanes) {
    let j = start + lane;
    var weight = 0.0;
    if (j < end) { weight = exp(score(keys + j * stride) - log_sum); }
    workgroupBarrier();
    of_lanes[lane].x = weight;
    workgroupBarrier();
    for (var d = lane; d < width; d += lanes) {
      var mixed = result[d];
      for (var i = 0u; i < min(lanes, end - start); i++) {
        mixed = fma(of_lanes[i].x, v[keys + (start + i) * stride + d], mixed);
      }
      result[d] = mixed;
    }
  }
  for (var d = lane; d < width; d += lanes) { o[own * width + d] = result[d]; }
}
