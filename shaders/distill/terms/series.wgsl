// e^x − 1, e^x − 1 − x, log(1 + x) and differences, exact in relative terms near 0, where the built-in functions lose every digit.
// A library: no bindings, no entry point. WGSL has none of the three; some drivers' exp and log are only absolutely
// accurate there. Taylor and inverse hyperbolic tangent series; the first term left out is below 5e-8 relative. Coefficients are
// multiplied, since a CPU adapter divides slowly.

// Arguments below e^-87 underflow to 0, instead of to whatever a driver does with −1e9.
fn exp_safe(x: f32) -> f32 {
  return select(0.0, exp(clamp(x, -87.0, 87.0)), x > -87.0);
}

// e^x for x ≤ 0.
fn exp_falling(x: f32) -> f32 {
  return select(0.0, exp(max(x, -87.0)), x > -87.0);
}

// e^x − 1 − x for |x| < 1/2: minimax, relative error 2.4e-8 before rounding. Elsewhere it means nothing.
fn growth(x: f32) -> f32 {
  let tail = fma(x, fma(x, fma(x, 1.9875629e-4, 1.3981997e-3), 8.333452e-3), 4.1665796e-2);
  return x * x * fma(x, fma(x, tail, 0.16666666), 0.5);
}

// q − p of q = p·e^d, exact where they are nearly equal.
fn gap_from(p: f32, q: f32, d: f32) -> f32 {
  return select(q - p, p * (d + growth(d)), abs(d) < 0.5);
}

// For |x| < 1/4.
fn expm1_near(x: f32) -> f32 {
  let tail = fma(x, fma(x, fma(x, 1.0 / 720.0, 1.0 / 120.0), 1.0 / 24.0), 1.0 / 6.0);
  return x * fma(x, fma(x, tail, 0.5), 1.0);
}

// Meaningful up to x = 87.
fn expm1(x: f32) -> f32 {
  if (abs(x) >= 0.25) { return exp_safe(x) - 1.0; }
  return expm1_near(x);
}

// x > −1.
fn log1p(x: f32) -> f32 {
  if (abs(x) >= 0.5) { return log(1.0 + x); }
  let s = x / (2.0 + x);
  let t = s * s;
  let tail = 1.0 / 7.0 + t * (1.0 / 9.0 + t * (1.0 / 11.0 + t * (1.0 / 13.0)));
  return 2.0 * s * (1.0 + t * (1.0 / 3.0 + t * (1.0 / 5.0 + t * tail)));
}

// w·(e^x − 1 − x) ≥ 0. `grown` is w·e^x, which the caller has, and which does not overflow where e^x alone would.
fn excess(w: f32, x: f32, grown: f32) -> f32 {
  return select(grown - w * (1.0 + x), w * growth(x), abs(x) < 0.5);
}

// log(m/p) and log(m/q) of the mixture m = (1 − w)p + w·q, w in [0, 1], from p, q, q − p and d = log q − log p. With M the
// larger of the two, m/M = 1 − g and g is exact near 0: there a polynomial, minimax with a relative error of 1.4e-8.
fn log_mixture(w: f32, p: f32, q: f32, gap: f32, d: f32) -> vec2f {
  let far = d > 0.0;
  // of the smaller of the two in the mixture
  let share = select(w, 1.0 - w, far);
  let g = share * abs(gap) / max(max(p, q), 1e-37);
  let tail = fma(g, fma(g, fma(g, fma(g, 0.68340057, -0.33930984), 0.35481006), 0.16149631), 0.25416172);
  let near = -g * fma(g, fma(g, fma(g, tail, 0.33311602), 0.5000043), 1.0);
  let mixed = select(log(max(1.0 - g, 1e-37)), near, g < 0.4);
  let base = select(mixed, -abs(d), share == 1.0);
  return vec2f(select(base, base + d, far), select(base - d, base, far));
}

// Of sums of exponentials over two rows, and of their difference: the logarithms, and that of their ratio, exact near 0.
fn log_sums(sums: vec4f) -> vec4f {
  let growth = sums.z / sums.y;
  let logs = log(sums.xy);
  var ratio = logs.x - logs.y;
  if (abs(growth) < 1.0 && growth > -0.5) { ratio = log1p(growth); }
  return vec4f(logs, ratio, 0.0);
}

// a − b as a float and the error of that float (Knuth's two-sum). `one` is 1, from a buffer: a compiler that knew it
// would take (a − b) − a for −b, as some do.
fn exact_difference(a: f32, b: f32, one: f32) -> vec2f {
  let s = a - b;
  let back = fma(s, one, -a);
  let from_a = fma(-one, fma(s, one, -back), a);
  let from_b = fma(b, one, back);
  return vec2f(s, fma(-one, from_b, from_a));
}
