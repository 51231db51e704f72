// The softened probabilities of student and teacher, q = softmax(z/T) and p = softmax(u/T), 0 in rows that are not valid.
// logits, teacher, q, p [rows, V]; flags [rows]. One workgroup a row. Stable: terms/row.wgsl.

struct Shape {
  rows: u32,
  classes: u32,
  lanes: u32,
  // the bits of 1.0
  one: u32,
}

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> teacher: array<f32>;
@group(0) @binding(2) var<storage, read> flags: array<u32>;
@group(0) @binding(3) var<storage, read_write> q: array<f32>;
@group(0) @binding(4) var<storage, read_write> p: array<f32>;
@group(0) @binding(5) var<uniform> shape: Shape;
@group(0) @binding(6) var<uniform> live: Live;

fn of_row(r: u32, lane: u32) {
  let first = r * shape.classes;
  if ((flags[r] & VALID) == 0u) {
    for (var j = lane; j < shape.classes; j += LANES) {
      q[first + j] = 0.0;
      p[first + j] = 0.0;
    }
    return;
  }
  let row = row_of(lane, first, shape.classes, live.temperature, bitcast<f32>(shape.one));
  for (var j = lane; j < shape.classes; j += LANES) {
    let x = element_at(row, first, j);
    q[first + j] = x.q;
    p[first + j] = x.p;
  }
}
