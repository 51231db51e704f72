// d[i] *= act'(.): [y > 0] for relu, 1 - y^2 for tanh, Phi(x) + x phi(x) for gelu.
// saved [length]: the result y for relu and tanh, the input x for gelu; d [length]: dy, which becomes dx
// Stable: 1 - y^2 as (1 - y)(1 + y), which keeps its digits near saturation.

struct Shape {
  length: u32,
}

override workgroup_size: u32 = 64u;
// 0 relu, 1 tanh, 2 gelu
override kind: u32 = 0u;

@group(0) @binding(0) var<storage, read> saved: array<f32>;
@group(0) @binding(1) var<storage, read_write> d: array<f32>;
@group(0) @binding(2) var<uniform> shape: Shape;

@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, workgroup_size);
  if (i >= shape.length) { return; }
  let s = saved[i];
  switch (kind) {
    case 1u: { d[i] *= (1.0 - s) * (1.0 + s); }
    case 2u: { d[i] *= fma(s, normal_density(s), normal_cdf(s)); }
    default: { d[i] = select(0.0, d[i], s > 0.0); }
  }
}
