// Partial sums of the squared gradient and a count of its non-finite elements, one of a workgroup: gradient_norm for a GPU.
//
//   partial[2w] = Σ g²,  partial[2w + 1] = #{ g is NaN or ±∞ }   over the elements of workgroup w
//
// gradients [length] as bits, partial [groups, 2]. Lane l of workgroup w adds the vectors (4w·rounds + i)·lanes + l in
// ascending i, and the lanes are added by a tree, so that the order depends on the length alone. Four vectors are asked for
// before the first is used, since what is read comes late on a GPU; those past the end count as 0.
// Stable: non-finite values are found by their exponent bits (a driver may assume that no NaN exists) and left out.

struct Shape {
  vectors: u32,
  groups: u32,
  rounds: u32,
  lanes: u32,
}

@group(0) @binding(0) var<storage, read> gradients: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> partial: array<vec2f>;
@group(0) @binding(2) var<uniform> shape: Shape;

const EXPONENT = vec4u(0x7f800000u);

fn bits_at(at: u32) -> vec4u {
  return select(vec4u(0u), gradients[min(at, shape.vectors - 1u)], at < shape.vectors);
}

fn add_squares(bits: vec4u, squares: vec4f) -> vec4f {
  let g = bitcast<vec4f>(select(bits, vec4u(0u), (bits & EXPONENT) == EXPONENT));
  return fma(g, g, squares);
}

fn broken(bits: vec4u) -> vec4u {
  return select(vec4u(0u), vec4u(1u), (bits & EXPONENT) == EXPONENT);
}

@compute @workgroup_size(sum_lanes)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  if (group.x >= shape.groups) { return; }
  var squares = vec4f(0.0);
  var bad = vec4u(0u);
  for (var round = 0u; round < shape.rounds; round++) {
    let at = (group.x * shape.rounds + round) * 4u * sum_lanes + lane;
    let a = bits_at(at);
    let b = bits_at(at + sum_lanes);
    let c = bits_at(at + 2u * sum_lanes);
    let d = bits_at(at + 3u * sum_lanes);
    squares = add_squares(d, add_squares(c, add_squares(b, add_squares(a, squares))));
    bad += (broken(a) + broken(b)) + (broken(c) + broken(d));
  }
  let own = vec2f(
    (squares.x + squares.y) + (squares.z + squares.w),
    f32(bad.x + bad.y + bad.z + bad.w),
  );
  let sum = workgroup_sum(lane, shape.lanes, own);
  if (lane == 0u) { partial[group.x] = sum; }
}
