// AdamW (Loshchilov and Hutter 2019), decay decoupled from the gradient, over one flat segment.
//
//   θ ← θ(1 − η·λ);  m ← β₁m + (1−β₁)g;  v ← β₂v + (1−β₂)g²;  θ ← θ − η·(m·c₁)/(√(v·c₂) + ε)
//   with g = scale·gradient, η = learning_rate·rate, λ = weight_decay·decay, c = 1/(1 − βᵗ)
//
// gradients, parameters, m, v [length]; health [16] (1: scale); roles [length/64, 2] = (decay, rate) of each 64 elements.
// Stable: a scale of 0 writes nothing at all, so that a NaN gradient is never multiplied into anything.

struct Shape {
  vectors: u32,
}

override WORKGROUP: u32 = 64u;

@group(0) @binding(0) var<storage, read> gradients: array<vec4f>;
@group(0) @binding(1) var<storage, read> health: array<f32>;
@group(0) @binding(2) var<storage, read> roles: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> parameters: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> first_moment: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> second_moment: array<vec4f>;
@group(0) @binding(6) var<uniform> shape: Shape;
@group(0) @binding(7) var<uniform> live: Live;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, WORKGROUP);
  if (i >= shape.vectors) { return; }
  let scale = health[1];
  let role = roles[i / 16u];
  if (scale == 0.0 || role.y == 0.0) { return; }
  let rate = live.learning_rate * role.y;
  let g = scale * gradients[i];
  let m = live.beta1 * first_moment[i] + (1.0 - live.beta1) * g;
  let v = live.beta2 * second_moment[i] + (1.0 - live.beta2) * (g * g);
  let kept = parameters[i] * (1.0 - rate * live.weight_decay * role.x);
  first_moment[i] = m;
  second_moment[i] = v;
  parameters[i] = kept - rate * (m * live.correction1) / (sqrt(v * live.correction2) + live.epsilon);
}
