// Which term stands in which of the four slots: pipeline constants, so that a compiled kernel holds only its own terms.
// A library: no bindings, no entry point. The numbers are the twin of `termIds` in src/kernels/terms.ts; 0 is no term.
//
//   ∂L/∂z = (e − q·Σe)/T with e = ∂L/∂log q, for divergences of softened probabilities; e itself for the others

override TERM0: u32 = 0u;
override TERM1: u32 = 0u;
override TERM2: u32 = 0u;
override TERM3: u32 = 0u;

const HARD_CE = 1u;
const FORWARD_KL = 2u;
const SOFT_CE = 3u;
const REVERSE_KL = 4u;
const JSD_NORMALISED = 5u;
const LOGIT_MSE = 6u;

fn loss_of(term: u32, x: Element, beta: f32) -> f32 {
  switch (term) {
    case HARD_CE: { return hard_ce_loss(x); }
    case FORWARD_KL: { return forward_kl_loss(x); }
    case SOFT_CE: { return soft_ce_loss(x); }
    case REVERSE_KL: { return reverse_kl_loss(x); }
    case JSD_NORMALISED: { return jsd_normalised_loss(x, beta); }
    case LOGIT_MSE: { return logit_mse_loss(x); }
    default: { return 0.0; }
  }
}

fn slope_of(term: u32, x: Element, beta: f32) -> f32 {
  switch (term) {
    case HARD_CE: { return hard_ce_slope(x); }
    case FORWARD_KL: { return forward_kl_slope(x); }
    case SOFT_CE: { return soft_ce_slope(x); }
    case REVERSE_KL: { return reverse_kl_slope(x); }
    case JSD_NORMALISED: { return jsd_normalised_slope(x, beta); }
    case LOGIT_MSE: { return logit_mse_slope(x); }
    default: { return 0.0; }
  }
}

fn gradient_of(term: u32, row: Row, x: Element, slope: f32, slope_sum: f32) -> f32 {
  if (term == HARD_CE || term == LOGIT_MSE) { return slope; }
  return (slope - x.q * slope_sum) * row.inverse_temperature;
}

fn losses_of(x: Element, beta: vec4f) -> vec4f {
  return vec4f(
    loss_of(TERM0, x, beta.x),
    loss_of(TERM1, x, beta.y),
    loss_of(TERM2, x, beta.z),
    loss_of(TERM3, x, beta.w),
  );
}

fn slopes_of(x: Element, beta: vec4f) -> vec4f {
  return vec4f(
    slope_of(TERM0, x, beta.x),
    slope_of(TERM1, x, beta.y),
    slope_of(TERM2, x, beta.z),
    slope_of(TERM3, x, beta.w),
  );
}

fn gradients_of(row: Row, x: Element, slopes: vec4f, sums: vec4f) -> vec4f {
  return vec4f(
    gradient_of(TERM0, row, x, slopes.x, sums.x),
    gradient_of(TERM1, row, x, slopes.y, sums.y),
    gradient_of(TERM2, row, x, slopes.z, sums.z),
    gradient_of(TERM3, row, x, slopes.w, sums.w),
  );
}
