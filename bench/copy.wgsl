// y = x, some vectors an invocation, neighbours beside each other. x, y [4 * vectors]
// Stable: nothing is computed.

struct Shape {
  vectors: u32,
}

override VECTORS: u32 = 1u;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(2) var<uniform> shape: Shape;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let first = flat_index(id, groups, 64u);
  let stride = groups.x * groups.y * 64u;
  for (var k = 0u; k < VECTORS; k++) {
    let i = first + k * stride;
    if (i < shape.vectors) { y[i] = x[i]; }
  }
}
