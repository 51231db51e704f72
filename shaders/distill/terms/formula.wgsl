// The functions that a formula may use, where WGSL has none or one that is not enough: total, so that a loss has a value
// wherever its logits are finite. A library of terms: no bindings, no entry point.
//
//   log and √ see nothing below 1e-37; a/b is 0 where |b| is; eˣ stops at x = 87 (exp_safe of series.wgsl)
//
// Stable: log near 1 and tanh near 0 by series, since some drivers' own are exact in absolute terms only.

const FORMULA_TINY = 1e-37;

fn formula_log(x: f32) -> f32 {
  if (abs(x - 1.0) < 0.25) { return log1p(x - 1.0); }
  return log(max(x, FORMULA_TINY));
}

fn formula_sqrt(x: f32) -> f32 {
  return select(0.0, sqrt(max(x, FORMULA_TINY)), x > FORMULA_TINY);
}

fn formula_over(a: f32, b: f32) -> f32 {
  let safe = abs(b) >= FORMULA_TINY;
  return select(0.0, a / select(1.0, b, safe), safe);
}

fn formula_relu(x: f32) -> f32 {
  return max(x, 0.0);
}

fn formula_tanh(x: f32) -> f32 {
  let grown = expm1(2.0 * clamp(x, -9.0, 9.0));
  return grown / (grown + 2.0);
}

fn formula_sigmoid(x: f32) -> f32 {
  return 1.0 / (1.0 + exp_safe(-x));
}

fn formula_log1p(x: f32) -> f32 {
  return log1p(max(x, -1.0 + 1.1920929e-7));
}

fn formula_expm1(x: f32) -> f32 {
  return expm1(min(x, 87.0));
}

fn formula_softplus(x: f32) -> f32 {
  return max(x, 0.0) + log1p(exp_safe(-abs(x)));
}

// a^b for a > 0, else 0.
fn formula_power(a: f32, b: f32) -> f32 {
  return select(0.0, exp_safe(b * formula_log(a)), a > FORMULA_TINY);
}

fn formula_whole_power(a: f32, n: u32) -> f32 {
  var product = 1.0;
  for (var i = 0u; i < n; i++) { product *= a; }
  return product;
}

// log(1 − w + w·eˣ) for w from 0 to 1, the ends included; of a large x as the logarithm of a sum of two exponentials, since
// e⁻ˣ is lost beside 1.
fn formula_log_mix(w: f32, x: f32) -> f32 {
  if (w >= 1.0) { return x; }
  if (w <= 0.0) { return 0.0; }
  if (x <= 10.0) { return log1p(w * expm1(x)); }
  let sides = vec2f(log1p(-w), log(w) + x);
  return max(sides.x, sides.y) + log1p(exp_falling(-abs(sides.x - sides.y)));
}

// log(m/p) of m = (1 − w)p + w·q, and log(m/q) of m = (1 − w)q + w·p, the ends included; d = log q − log p.
fn formula_mix_p(w: f32, p: f32, q: f32, gap: f32, d: f32) -> f32 {
  let between = log_mixture(w, p, q, gap, d).x;
  return select(select(between, d, w >= 1.0), 0.0, w <= 0.0);
}

fn formula_mix_q(w: f32, p: f32, q: f32, gap: f32, d: f32) -> f32 {
  let between = log_mixture(1.0 - w, p, q, gap, d).y;
  return select(select(between, -d, w >= 1.0), 0.0, w <= 0.0);
}
