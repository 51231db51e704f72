// Gradient descent with momentum, decay decoupled from the gradient as in adamw.wgsl, over one flat segment.
//
//   θ ← θ(1 − η·λ);  b ← μb + g;  θ ← θ − η·b
//   with g = scale·gradient, η = learning_rate·rate, λ = weight_decay·decay
//
// gradients, parameters, momentum [length]; health [16] (1: scale); roles [length/64, 2] = (decay, rate) of each 64 elements.
// Stable: a scale of 0 writes nothing at all, so that a NaN gradient is never multiplied into anything.

struct Shape {
  vectors: u32,
}

override WORKGROUP: u32 = 64u;

@group(0) @binding(0) var<storage, read> gradients: array<vec4f>;
@group(0) @binding(1) var<storage, read> health: array<f32>;
@group(0) @binding(2) var<storage, read> roles: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> parameters: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> momentum: array<vec4f>;
@group(0) @binding(5) var<uniform> shape: Shape;
@group(0) @binding(6) var<uniform> live: Live;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, WORKGROUP);
  if (i >= shape.vectors) { return; }
  let scale = health[1];
  let role = roles[i / 16u];
  if (scale == 0.0 || role.y == 0.0) { return; }
  let rate = live.learning_rate * role.y;
  let moved = live.momentum * momentum[i] + scale * gradients[i];
  let kept = parameters[i] * (1.0 - rate * live.weight_decay * role.x);
  momentum[i] = moved;
  parameters[i] = kept - rate * moved;
}
