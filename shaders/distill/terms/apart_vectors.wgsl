// Bindings of a row kernel that takes four classes at a time, of rows that are whole vectors; otherwise as terms/apart.
// A library: no entry point.

struct Shape {
  rows: u32,
  classes: u32,
  // the bits of 1.0
  one: u32,
}

@group(0) @binding(0) var<storage, read> logits: array<vec4f>;
@group(0) @binding(1) var<storage, read> teacher: array<vec4f>;
@group(0) @binding(2) var<storage, read> labels: array<u32>;
@group(0) @binding(3) var<storage, read> flags: array<u32>;
@group(0) @binding(4) var<storage, read_write> gradient: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> stats: array<f32>;
@group(0) @binding(6) var<uniform> shape: Shape;
@group(0) @binding(7) var<uniform> live: Live;

fn write_vector(i: u32, value: vec4f) {
  gradient[i] = value;
}
