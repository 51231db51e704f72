// How each column of q correlates with that of p, over the valid rows: what dist_intra needs of it.
//
//   columns[j] = mean p, mean q, 1/‖p − mean‖, 1/‖q − mean‖, 1 − c with c = Pearson's correlation, the number of rows, 0, 0
//
// q, p [rows, V]; flags [rows]; columns [V, 8]. One thread a column.
// Stable: 1 − c = ½‖p̂ − q̂‖² of the centred unit vectors; means relative to the first valid row, so that equal numbers
// have no variance at all. A column whose squared spread is below 1e-30 on either side has 1 − c = 1 and both inverses 0.

struct Shape {
  rows: u32,
  classes: u32,
}

override WORKGROUP: u32 = 64u;
const VALID = 1u;
const WIDTH = 8u;
const LEAST_SPREAD = 1e-30;

@group(0) @binding(0) var<storage, read> q: array<f32>;
@group(0) @binding(1) var<storage, read> p: array<f32>;
@group(0) @binding(2) var<storage, read> flags: array<u32>;
@group(0) @binding(3) var<storage, read_write> columns: array<f32>;
@group(0) @binding(4) var<uniform> shape: Shape;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let j = flat_index(id, groups, WORKGROUP);
  if (j >= shape.classes) { return; }
  var valid = 0.0;
  var first = vec2f(0.0);
  var sum = vec2f(0.0);
  for (var r = 0u; r < shape.rows; r++) {
    if ((flags[r] & VALID) == 0u) { continue; }
    let at = r * shape.classes + j;
    let value = vec2f(p[at], q[at]);
    if (valid == 0.0) { first = value; }
    valid += 1.0;
    sum += value - first;
  }
  let mean = first + sum / max(valid, 1.0);
  var squares = vec2f(0.0);
  for (var r = 0u; r < shape.rows; r++) {
    if ((flags[r] & VALID) == 0u) { continue; }
    let at = r * shape.classes + j;
    let centred = vec2f(p[at], q[at]) - mean;
    squares = fma(centred, centred, squares);
  }
  var inverse = vec2f(0.0);
  var miss = 1.0;
  if (squares.x >= LEAST_SPREAD && squares.y >= LEAST_SPREAD) {
    inverse = 1.0 / sqrt(squares);
    miss = 0.0;
    for (var r = 0u; r < shape.rows; r++) {
      if ((flags[r] & VALID) == 0u) { continue; }
      let at = r * shape.classes + j;
      let e = (p[at] - mean.x) * inverse.x - (q[at] - mean.y) * inverse.y;
      miss = fma(0.5 * e, e, miss);
    }
  }
  let at = j * WIDTH;
  columns[at] = mean.x;
  columns[at + 1u] = mean.y;
  columns[at + 2u] = inverse.x;
  columns[at + 3u] = inverse.y;
  columns[at + 4u] = miss;
  columns[at + 5u] = valid;
  columns[at + 6u] = 0.0;
  columns[at + 7u] = 0.0;
}
