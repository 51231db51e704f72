// The labels' part of a row, and what the row kernels share once the row is known.
// A library: no bindings, no entry point.
//
//   CE = (1−ε)(−log q_y) + ε·(1/V) Σ −log q_j at T = 1;  gradient (q − 1[j=y]) + ε(1[j=y] − 1/V)

const VALID = 1u;
const LABELLED = 2u;
const STATS = 16u;

struct Factors {
  label: f32,
  terms: vec4f,
}

struct Weighted {
  terms: vec4f,
  label: f32,
  total: f32,
}

// A label past the last class counts as none.
fn label_of(flags: u32, label: u32, classes: u32) -> u32 {
  return select(NO_LABEL, label, (flags & LABELLED) != 0u && label < classes);
}

fn factors_of(live: Live, label: u32) -> Factors {
  return Factors(
    select(0.0, live.label_weight * live.inverse_labelled, label != NO_LABEL),
    live.term_weight * inverse_counts_of(live, label != NO_LABEL),
  );
}

// `answer` is z_y − max z, `tilt` Σ (z − max z).
fn label_loss(row: Row, label: u32, answer: f32, tilt: f32, smoothing: f32) -> f32 {
  let true_class = row.log_sum_one - answer;
  let all_classes = row.log_sum_one - tilt * row.inverse_classes;
  return select(0.0, (1.0 - smoothing) * true_class + smoothing * all_classes, label != NO_LABEL);
}

// ∂L/∂z_j: of each term, of the labels, and their sum, factors included. `held` is the slope of the only term, where it was kept.
fn weighted_gradient(x: Element, factors: Factors, known: Knowns, slope_sums: vec4f, held: f32, live: Live) -> Weighted {
  var found: Weighted;
  found.terms = terms_gradient(x, factors, known, slope_sums, held, live);
  found.label = factors.label * (x.label_miss + live.smoothing * towards_label(x.row, x.is_label));
  found.total = found.label + sum_of_terms(found.terms);
  return found;
}

fn terms_gradient(x: Element, factors: Factors, known: Knowns, slope_sums: vec4f, held: f32, live: Live) -> vec4f {
  if (!TERMS) { return vec4f(0.0); }
  let found = gradients_of(x, known, slope_sums, held, live);
  if (SLOTS == 1u) { return vec4f(factors.terms.x * found.x, 0.0, 0.0, 0.0); }
  return factors.terms * found;
}

fn sum_of_terms(terms: vec4f) -> f32 {
  if (SLOTS <= 1u) { return terms.x; }
  return (terms.x + terms.y) + (terms.z + terms.w);
}

// The labels' part alone, once the row is known: at most classes factor·e^(z − max z) + rest, at the label at_label.
struct LabelPart {
  factor: f32,
  rest: f32,
  at_label: f32,
}

// `factor` is Factors.label, `label_z` the logit at the label.
fn label_part(row: Row, label_z: f32, factor: f32, smoothing: f32) -> LabelPart {
  let q_one = power_of(label_z - row.student_max, label_z - row.student_max, LOG2_E) * row.peak_one;
  let there = miss_of(row, q_one, row.label, row.label) + smoothing * towards_label(row, true);
  return LabelPart(factor * row.peak_one, factor * smoothing * towards_label(row, false), factor * there);
}

fn label_gradient(row: Row, part: LabelPart, z: f32, j: u32) -> f32 {
  let one = power_of(z - row.student_max, z - row.student_max, LOG2_E);
  return select(fma(part.factor, one, part.rest), part.at_label, j == row.label);
}

fn towards_label(row: Row, is_label: bool) -> f32 {
  return select(0.0, 1.0, is_label) - row.inverse_classes;
}

// What a row with a broken logit has for a gradient: those logits as they are, where the finite check finds them.
fn broken_of(raw_z: f32, raw_u: f32) -> f32 {
  if (is_broken_student(raw_z)) { return raw_z; }
  return select(0.0, raw_u, is_broken_teacher(raw_u));
}
