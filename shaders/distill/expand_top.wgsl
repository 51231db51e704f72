// Recorded answers of which the k largest of each row are kept, as the logits of a batch:
//
//   y[r, j] = values[s, i] where ids[s, i] = j, and values[s, k] for every other class; row s is position r mod P of the
//   sample indices[r / P], and an index past the last sample gives zeros.
//
//   indices [rows / P], values [source rows, k + 1]: the k largest, then what each other class has; ids [source rows, k],
//   each once in a row; y [rows, classes].
// Exact: words are moved as bits. A workgroup takes a row: first the rest everywhere, then the k over it.

struct Shape {
  rows: u32,
  positions: u32,
  classes: u32,
  k: u32,
  source_samples: u32,
}

override workgroup_size: u32 = 64u;

@group(0) @binding(0) var<storage, read> indices: array<u32>;
@group(0) @binding(1) var<storage, read> values: array<u32>;
@group(0) @binding(2) var<storage, read> ids: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<u32>;
@group(0) @binding(4) var<uniform> shape: Shape;

@compute @workgroup_size(workgroup_size)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = flat_group(group, groups);
  if (row >= shape.rows) { return; }
  let sample = indices[row / shape.positions];
  let known = sample < shape.source_samples;
  let from_row = select(0u, sample * shape.positions + row % shape.positions, known);
  let first = row * shape.classes;
  let rest = select(0u, values[from_row * (shape.k + 1u) + shape.k], known);
  for (var j = lane; j < shape.classes; j += workgroup_size) { y[first + j] = rest; }
  storageBarrier();
  if (!known) { return; }
  for (var i = lane; i < shape.k; i += workgroup_size) {
    let id = ids[from_row * shape.k + i];
    if (id < shape.classes) { y[first + id] = values[from_row * (shape.k + 1u) + i]; }
  }
}
