// 1 − cos(z, u) = ½ Σ e²,  e = ẑ − û, the unit vectors; the temperature plays no part.  Gradient (e − (1 − cos)·ẑ)/‖z‖.
// A row of zeros has no direction: 1, and no gradient.
// A term: x is one element of a row. Levels: Σz², Σu², ‖z‖² − ‖u‖²; then Σe². Stable: e = ((z − u) − u·(‖z‖ − ‖u‖)/‖u‖)/‖z‖
// where the norms are alike keeps its digits where the two nearly agree, and 1 − cos is never negative.

fn logit_cosine_is_flat(known: Known) -> bool {
  return known.a.x == 0.0 || known.a.y == 0.0;
}

fn logit_cosine_apart(x: Element, known: Known) -> f32 {
  let z_norm = sqrt(known.a.x);
  let u_norm = sqrt(known.a.y);
  let longer = known.a.z / ((z_norm + u_norm) * u_norm);
  return select(x.z / z_norm - x.u / u_norm, (x.difference - x.u * longer) / z_norm, abs(longer) < 0.25);
}

fn logit_cosine_extras(level: u32, x: Element, known: Known, params: vec4f) -> vec4f {
  if (level == 0u) { return vec4f(x.z * x.z, x.u * x.u, x.difference * (x.z + x.u), 0.0); }
  if (logit_cosine_is_flat(known)) { return vec4f(0.0); }
  let apart = logit_cosine_apart(x, known);
  return vec4f(apart * apart, 0.0, 0.0, 0.0);
}

fn logit_cosine_loss(x: Element, known: Known, params: vec4f) -> f32 {
  if (x.index > 0u) { return 0.0; }
  return select(0.5 * known.b.x, 1.0, logit_cosine_is_flat(known));
}

fn logit_cosine_plain(x: Element, known: Known, params: vec4f) -> f32 {
  if (logit_cosine_is_flat(known)) { return 0.0; }
  let z_norm = sqrt(known.a.x);
  return (logit_cosine_apart(x, known) - 0.5 * known.b.x * (x.z / z_norm)) / z_norm;
}
