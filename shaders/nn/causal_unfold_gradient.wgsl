// dx[b, t, c] = sum over s of dy[b, t + (kernel - 1) - s, s, c], s descending, positions past the end left out.
// dy [batch, positions, kernel, width]; dx [batch, positions, width], replaced or, where `accumulate`, added to
// Deterministic: a gather, with one chain of additions an element.

struct Shape {
  length: u32,
  positions: u32,
  width: u32,
  kernel: u32,
}

override workgroup_size: u32 = 64u;
override accumulate: bool = false;

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read_write> dx: array<f32>;
@group(0) @binding(2) var<uniform> shape: Shape;

@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, workgroup_size);
  if (i >= shape.length) { return; }
  let column = i % shape.width;
  let row = i / shape.width;
  let later = min(shape.kernel, shape.positions - row % shape.positions);
  var sum = 0.0;
  for (var ahead = 0u; ahead < later; ahead++) {
    let tap = shape.kernel - 1u - ahead;
    sum += dy[((row + ahead) * shape.kernel + tap) * shape.width + column];
  }
  if (accumulate) { dx[i] += sum; } else { dx[i] = sum; }
}
