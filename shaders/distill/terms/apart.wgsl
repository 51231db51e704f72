// Bindings of a row kernel whose gradient is a tensor of its own. A library: no entry point.

struct Shape {
  rows: u32,
  classes: u32,
  // the bits of 1.0
  one: u32,
  // lanes that are added first in the wide form, not a constant, so that no compiler unrolls the sums: unrolled they take half a minute
  // on a CPU adapter
  band: u32,
}

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> teacher: array<f32>;
@group(0) @binding(2) var<storage, read> labels: array<u32>;
@group(0) @binding(3) var<storage, read> flags: array<u32>;
@group(0) @binding(4) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(5) var<storage, read_write> stats: array<f32>;
@group(0) @binding(6) var<uniform> shape: Shape;
@group(0) @binding(7) var<uniform> live: Live;

fn write_gradient(i: u32, value: f32) {
  gradient[i] = value;
}

// A slope that waits there for the sum of all.
fn held_slope(i: u32) -> f32 {
  return gradient[i];
}
