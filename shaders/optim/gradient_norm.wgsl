// Partial sums of the squared gradient and a count of its non-finite elements, the first half of clipping.
//
//   partial[2t] = Σ g²,  partial[2t + 1] = #{ g is NaN or ±∞ }   over the elements of thread t
//
// gradients [length] as bits, partial [groups, 2]. Lane l of workgroup w adds the vectors (w·per_thread + i)·64 + l in
// ascending i, so the tree depends on the length alone and neighbouring lanes read neighbouring addresses.
// Stable: non-finite values are found by their exponent bits (a driver may assume that no NaN exists) and left out.

struct Shape {
  vectors: u32,
  groups: u32,
  per_thread: u32,
}

override WORKGROUP: u32 = 64u;

@group(0) @binding(0) var<storage, read> gradients: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> partial: array<vec2f>;
@group(0) @binding(2) var<uniform> shape: Shape;

const EXPONENT = vec4u(0x7f800000u);

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let t = group.x * WORKGROUP + lane;
  if (t >= shape.groups) { return; }
  let first = group.x * WORKGROUP * shape.per_thread + lane;
  var squares = vec4f(0.0);
  var bad = vec4u(0u);
  for (var i = 0u; i < shape.per_thread; i++) {
    let at = first + i * WORKGROUP;
    if (at >= shape.vectors) { break; }
    let bits = gradients[at];
    let broken = (bits & EXPONENT) == EXPONENT;
    let g = bitcast<vec4f>(select(bits, vec4u(0u), broken));
    squares = fma(g, g, squares);
    bad += select(vec4u(0u), vec4u(1u), broken);
  }
  partial[t] = vec2f(
    (squares.x + squares.y) + (squares.z + squares.w),
    f32(bad.x + bad.y + bad.z + bad.w),
  );
}
