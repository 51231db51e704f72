// Sixteen independent chains of fused multiply–adds an invocation, eight links a turn, from registers alone: what the
// adapter computes at best. y [4 * invocations], the sum of the chains.
// Stable: each chain tends to 1, since its factor is one half.

struct Shape {
  invocations: u32,
  turns: u32,
  half_bits: u32,
}

@group(0) @binding(0) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(1) var<uniform> shape: Shape;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= shape.invocations) { return; }
  // A half that no compiler knows, so that the chains cannot be summed in advance.
  let h = vec4f(bitcast<f32>(shape.half_bits));
  var a = vec4f(1.0, 2.0, 3.0, 4.0);
  var b = vec4f(5.0, 6.0, 7.0, 8.0);
  var c = vec4f(9.0, 10.0, 11.0, 12.0);
  var d = vec4f(13.0, 14.0, 15.0, 16.0);
  for (var turn = 0u; turn < shape.turns; turn++) {
    a = fma(a, h, h); b = fma(b, h, h); c = fma(c, h, h); d = fma(d, h, h);
    a = fma(a, h, h); b = fma(b, h, h); c = fma(c, h, h); d = fma(d, h, h);
    a = fma(a, h, h); b = fma(b, h, h); c = fma(c, h, h); d = fma(d, h, h);
    a = fma(a, h, h); b = fma(b, h, h); c = fma(c, h, h); d = fma(d, h, h);
    a = fma(a, h, h); b = fma(b, h, h); c = fma(c, h, h); d = fma(d, h, h);
    a = fma(a, h, h); b = fma(b, h, h); c = fma(c, h, h); d = fma(d, h, h);
    a = fma(a, h, h); b = fma(b, h, h); c = fma(c, h, h); d = fma(d, h, h);
    a = fma(a, h, h); b = fma(b, h, h); c = fma(c, h, h); d = fma(d, h, h);
  }
  y[id.x] = a + b + c + d;
}
