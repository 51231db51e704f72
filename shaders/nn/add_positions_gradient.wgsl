// dp[t, c] = sum over the sequences of dy[b, t, c]; dp is replaced, or added to where `accumulate`.
// dy [batch, positions, width]; dp [positions, width]
// Deterministic: one chain of additions an element, b ascending.

struct Shape {
  batch: u32,
  period: u32,
}

override workgroup_size: u32 = 64u;
override accumulate: bool = false;

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read_write> dp: array<f32>;
@group(0) @binding(2) var<uniform> shape: Shape;

@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, workgroup_size);
  if (i >= shape.period) { return; }
  var sum = 0.0;
  for (var b = 0u; b < shape.batch; b++) { sum += dy[b * shape.period + i]; }
  if (accumulate) { dp[i] += sum; } else { dp[i] = sum; }
}
