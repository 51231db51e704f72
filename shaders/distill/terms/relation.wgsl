// What the losses on relations between the rows of a batch have in common. The matrices of student and teacher hold
// products (GRAM, SIMILARITY) or squared distances (the others) of n rows; rows that are not valid do not exist.
// A library: needs lib/lanes. NaN passes through every selection, so that the finite check finds it.

override KIND: u32 = 0u;

const GRAM = 0u;
const SIMILARITY = 1u;
const CKA = 2u;
const MMD = 3u;
const RELATIONAL = 4u;
// Numbers a row of `sums`: four of each level.
const SUMS = 8u;

// Smooth L1 (β = 1) and its derivative.
fn huber(x: f32) -> f32 {
  return select(0.5 * x * x, abs(x) - 0.5, abs(x) > 1.0);
}

fn huber_slope(x: f32) -> f32 {
  return select(x, sign(x), abs(x) > 1.0);
}

// e^x for x ≤ 0.
fn falling_exp(x: f32) -> f32 {
  return select(exp(x), 0.0, x < -87.0);
}

// 1/x, and 0 for 0: a vector without length has no direction.
fn inverse_of(x: f32) -> f32 {
  return select(1.0 / x, 0.0, x == 0.0);
}

// An element of the centred product matrix from squared distances, their row means and their mean.
fn centred(distance: f32, row_mean: f32, column_mean: f32, mean: f32) -> f32 {
  return -0.5 * ((distance - row_mean) - (column_mean - mean));
}
