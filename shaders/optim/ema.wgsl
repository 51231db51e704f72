// The averaged copy of a student moves on (an exponential moving average), over one flat segment.
//
//   a ← a + s·(θ − a),  s = 1 − decay
//
// health [16] (1: scale); parameters θ, average a [length].
// Stable: s is made on the CPU, so that a decay near 1 keeps its digits. A skipped update (scale 0) averages nothing.

struct Shape {
  vectors: u32,
}

override WORKGROUP: u32 = 64u;

@group(0) @binding(0) var<storage, read> health: array<f32>;
@group(0) @binding(1) var<storage, read> parameters: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> average: array<vec4f>;
@group(0) @binding(3) var<uniform> shape: Shape;
@group(0) @binding(4) var<uniform> live: Live;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, WORKGROUP);
  if (i >= shape.vectors || health[1] == 0.0) { return; }
  let a = average[i];
  average[i] = a + live.average_share * (parameters[i] - a);
}
