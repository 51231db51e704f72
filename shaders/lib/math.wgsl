// Functions that WGSL lacks, or that drivers compute badly. A library: no bindings, no entry point.
// Software drivers give tanh up to 4 % wrong near 0 and NaN for |x| >= 89; both forms below avoid it, and pass NaN on.

// tanh x: an odd polynomial below 5/8 (minimax, relative error 4e-9 before rounding), else 1 - 2 / (e^2|x| + 1).
fn tanh_stable(x: f32) -> f32 {
  let z = x * x;
  let p = fma(fma(fma(fma(-0.005717037, z, 0.02065058), z, -0.053743497), z, 0.1333149), z, -0.33333284);
  let near = fma(x * z, p, x);
  let a = select(abs(x), 9.0, abs(x) > 9.0);
  let far = sign(x) * (1.0 - 2.0 / (exp(2.0 * a) + 1.0));
  return select(far, near, abs(x) < 0.625);
}

// erfc x e^(x^2) for x >= 0, as a polynomial in t = 1 / (1 + 0.4 x): the form of Abramowitz and Stegun 7.1.26 with
// coefficients of its own (minimax over [0, 4.2], absolute error of erf 3e-8 before rounding).
fn erfc_scaled(x: f32) -> f32 {
  let t = 1.0 / fma(0.4, x, 1.0);
  let p = fma(fma(fma(fma(fma(-0.2002599, t, 0.70914996), t, -0.3709122), t, 0.4682776), t, 0.16182218), t, 0.23192231);
  return t * p;
}

// The normal distribution function, (1 + erf(x / sqrt 2)) / 2. The small tail is computed, never 1 - (1 - tail).
fn normal_cdf(x: f32) -> f32 {
  let tail = 0.5 * exp(-0.5 * x * x) * erfc_scaled(abs(x) * 0.70710678);
  return select(tail, 1.0 - tail, x > 0.0);
}

// The normal density, e^(-x^2 / 2) / sqrt(2 pi).
fn normal_density(x: f32) -> f32 {
  return 0.3989422804 * exp(-0.5 * x * x);
}

// The logistic function, 1 / (1 + e^-x). Past ±80 nothing changes in float32, and the exponential would overflow.
fn logistic(x: f32) -> f32 {
  let a = select(x, -80.0, x < -80.0);
  return 1.0 / (1.0 + exp(-a));
}
