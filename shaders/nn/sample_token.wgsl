// The next token of each sequence: the v of the largest logits[v] / temperature + g_v, with g_v = -log(-log u_v) drawn anew
// from (seed, step, place, v), which is a draw from the softmax (Gumbel's trick); at temperature 0 the largest logit.
// logits [batch, classes]; prompt [batch]; sequence [batch, positions]; position, place [batch]
// Tokens of the prompt stay as they are. Then position and place (its row in sequence) move on by one, up to the last.
// Stable: u lies in (0, 1], and -log u is kept above 2^-26, so that no g is infinite. Of equal ones the first is taken.

struct Shape {
  batch: u32,
  classes: u32,
  positions: u32,
}

const lanes: u32 = 64u;

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> prompt: array<u32>;
@group(0) @binding(2) var<storage, read_write> sequence: array<u32>;
@group(0) @binding(3) var<storage, read_write> position: array<u32>;
@group(0) @binding(4) var<storage, read_write> place: array<u32>;
@group(0) @binding(5) var<uniform> shape: Shape;
@group(0) @binding(6) var<uniform> live: Live;

var<workgroup> best_score: array<f32, lanes>;
var<workgroup> best_token: array<u32, lanes>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let sample = flat_group(group, groups);
  if (sample >= shape.batch) { return; }
  let own = place[sample];
  let greedy = live.temperature <= 0.0;
  let scale = select(1.0 / live.temperature, 1.0, greedy);
  var score = -3e38;
  var token = 0u;
  for (var v = lane; v < shape.classes; v += lanes) {
    var s = scale * logits[sample * shape.classes + v];
    if (!greedy) {
      let u = 1.0 - random_unit(live.seed, live.step, own, v);
      s -= log(max(-log(u), 1.4901161e-8));
    }
    if (s > score) {
      score = s;
      token = v;
    }
  }
  best_score[lane] = score;
  best_token[lane] = token;
  workgroupBarrier();
  if (lane != 0u) { return; }
  for (var i = 1u; i < lanes; i++) {
    if (best_score[i] > score || (best_score[i] == score && best_token[i] < token)) {
      score = best_score[i];
      token = best_token[i];
    }
  }
  let next = position[sample] + 1u;
  if (next >= shape.positions) { return; }
  if (next >= prompt[sample]) { sequence[own + 1u] = token; }
  position[sample] = next;
  place[sample] = own + 1u;
}
