// dw[v, c] += sum of dy[i, c] over the positions i whose token is v, i ascending; other rows of dw stay as they are.
// tokens [rows]; order [rows]: positions sorted by token (token_order); dy [rows, width]; dw [vocabulary, width]
// Deterministic without atomics: whoever stands at the first of a run of equal tokens adds up the whole run.

struct Shape {
  rows: u32,
  width: u32,
  vocabulary: u32,
}

override workgroup_size: u32 = 64u;

@group(0) @binding(0) var<storage, read> tokens: array<u32>;
@group(0) @binding(1) var<storage, read> order: array<u32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dw: array<f32>;
@group(0) @binding(4) var<uniform> shape: Shape;

@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, workgroup_size);
  let first = i / shape.width;
  if (first >= shape.rows) { return; }
  let column = i - first * shape.width;
  let token = tokens[order[first]];
  if (token >= shape.vocabulary) { return; }
  if (first > 0u) {
    if (tokens[order[first - 1u]] == token) { return; }
  }
  var sum = 0.0;
  for (var n = first; n < shape.rows; n++) {
    let row = order[n];
    if (tokens[row] != token) { break; }
    sum += dy[row * shape.width + column];
  }
  dw[token * shape.width + column] += sum;
}
