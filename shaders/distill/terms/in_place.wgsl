// Bindings of a row kernel that writes its gradient over the logits: half the memory where a vocabulary is large.
// A library: no entry point. Sound because each element is last read by the invocation that then writes it.

struct Shape {
  rows: u32,
  classes: u32,
  // the bits of 1.0
  one: u32,
  // lanes that are added first in the wide form (terms/apart.wgsl)
  band: u32,
}

@group(0) @binding(0) var<storage, read_write> logits: array<f32>;
@group(0) @binding(1) var<storage, read> teacher: array<f32>;
@group(0) @binding(2) var<storage, read> labels: array<u32>;
@group(0) @binding(3) var<storage, read> flags: array<u32>;
@group(0) @binding(4) var<storage, read_write> stats: array<f32>;
@group(0) @binding(5) var<uniform> shape: Shape;
@group(0) @binding(6) var<uniform> live: Live;

fn write_gradient(i: u32, value: f32) {
  logits[i] = value;
}

// No slope can wait where the logits still are (HELD is false).
fn held_slope(i: u32) -> f32 {
  return 0.0;
}
