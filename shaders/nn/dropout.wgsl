// y[i] = x[i] / (1 - rate) where u_i >= rate, else 0, with u_i = random_unit(seed, step, i, stream).
// x [length], y [length]
// Nothing is stored: the gradient is the same kernel over dy, which draws the same mask again. `micro` separates the
// batches of an accumulated step.
// Stable: the mask is integer arithmetic, equal on every adapter; the scale is one multiplication.

struct Shape {
  length: u32,
  stream: u32,
}

override workgroup_size: u32 = 64u;
override rate: f32 = 0.5;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> shape: Shape;
@group(0) @binding(3) var<uniform> live: Live;

@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, workgroup_size);
  if (i >= shape.length) { return; }
  let sample = live.micro * shape.length + i;
  let kept = random_unit(live.seed, live.step, sample, shape.stream) >= rate;
  y[i] = select(0.0, x[i] * (1.0 / (1.0 - rate)), kept);
}
