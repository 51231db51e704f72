// dgate = dy value silu'(gate), dvalue = dy silu(gate), silu'(x) = s (1 + x (1 - s)) with s = 1 / (1 + e^-x).
// gate, value, dy, dgate, dvalue [length]; both gradients are replaced
// Stable: as swiglu.wgsl; 1 - s is the logistic function of -x, so that no digit is lost where s is nearly 1.

struct Shape {
  length: u32,
}

override workgroup_size: u32 = 64u;

@group(0) @binding(0) var<storage, read> gate: array<f32>;
@group(0) @binding(1) var<storage, read> value: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dgate: array<f32>;
@group(0) @binding(4) var<storage, read_write> dvalue: array<f32>;
@group(0) @binding(5) var<uniform> shape: Shape;

@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, workgroup_size);
  if (i >= shape.length) { return; }
  let x = gate[i];
  let s = logistic(x);
  dvalue[i] = dy[i] * x * s;
  dgate[i] = dy[i] * value[i] * s * fma(x, logistic(-x), 1.0);
}
