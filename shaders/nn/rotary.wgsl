// Rotary positions (Su et al., arXiv 2104.09864): in each head the pair (x[i], x[i + D/2]) is turned by the angle of its
// position, y[i] = x[i] cos - x[i + D/2] sin, y[i + D/2] = x[i + D/2] cos + x[i] sin; turned back where `inverse`.
// x, y [rows, heads, D]; table [positions, D]: the cosines, then the sines; row r has the position r mod positions
// Stable: a rotation keeps lengths. The table comes from the CPU, since drivers' sin and cos are off by up to 4e-4.

struct Shape {
  length: u32,
  heads: u32,
  width: u32,
  positions: u32,
}

override workgroup_size: u32 = 64u;
override inverse: bool = false;
override accumulate: bool = false;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> table: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<uniform> shape: Shape;

@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, workgroup_size);
  if (i >= shape.length) { return; }
  let half_width = shape.width / 2u;
  let place = i % shape.width;
  let angle = place % half_width;
  let row = i / (shape.heads * shape.width);
  let first = (row % shape.positions) * shape.width + angle;
  let cosine = table[first];
  let upper = place >= half_width;
  let sine = select(-1.0, 1.0, upper != inverse) * table[first + half_width];
  let partner = select(i + half_width, i - half_width, upper);
  let value = fma(x[i], cosine, x[partner] * sine);
  if (accumulate) { y[i] += value; } else { y[i] = value; }
}
