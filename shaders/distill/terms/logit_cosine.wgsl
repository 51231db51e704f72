// 1 − cos(z, u) = ½ Σ e²,  e = ẑ − û, the unit vectors; the temperature plays no part.  Gradient (e − (1 − cos)·ẑ)/‖z‖.
// A row of zeros has no direction: 1, and no gradient.
// A term: x is one element of a row. First sums: Σz², Σu², ‖z‖² − ‖u‖²; early: Σe². Stable: e = ((z − u) − u·(‖z‖ − ‖u‖)/‖u‖)/‖z‖
// where the norms are alike keeps its digits where the two nearly agree, and 1 − cos is never negative.

fn logit_cosine_first(z: f32, u: f32, start: vec2f, one: f32) -> vec4f {
  return vec4f(z * z, u * u, (z - u) * (z + u), 0.0);
}

fn logit_cosine_first_learned(row: Row, sums: vec4f, known: Known, params: vec4f) -> vec4f {
  let norms = sqrt(sums.xy);
  if (norms.x == 0.0 || norms.y == 0.0) { return vec4f(0.0); }
  return vec4f(1.0 / norms, sums.z / ((norms.x + norms.y) * norms.y), 0.0);
}

// known.first: 1/‖z‖, 1/‖u‖ and how much longer z is, as a share of ‖u‖; zeros where a row has no direction.
fn logit_cosine_apart(z: f32, u: f32, known: Known) -> f32 {
  let k = known.first;
  return select(z * k.x - u * k.y, (z - u - u * k.z) * k.x, abs(k.z) < 0.25);
}

fn logit_cosine_early(x: Start, known: Known, params: vec4f) -> vec4f {
  let apart = logit_cosine_apart(x.z, x.u, known);
  return vec4f(apart * apart, 0.0, 0.0, 0.0);
}

fn logit_cosine_loss(x: Element, known: Known, params: vec4f) -> f32 {
  return select(0.0, select(0.5 * known.early.x, 1.0, known.first.x == 0.0), x.index == x.row.origin);
}

fn logit_cosine_plain(x: Element, known: Known, params: vec4f) -> f32 {
  let k = known.first;
  return (logit_cosine_apart(x.z, x.u, known) - 0.5 * known.early.x * (x.z * k.x)) * k.x;
}
