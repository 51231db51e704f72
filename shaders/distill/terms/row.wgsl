// A row of student logits z against a row of teacher logits u: what every term may ask of one of its elements.
// A library: no bindings, no entry point. Form of LOSSES.md, "Numerics":
//
//   δ = ((z − u) − (max z − max u))/T,  Q = Σ p·(e^δ − 1),  d = log q − log p = δ − log(1 + Q)
//
// Stable: the raw maximum is subtracted before 1/T is applied; δ carries the rounding errors of its three subtractions,
// so that a student equal to its teacher up to a constant gives d ≈ 0; sums leave out the largest element, so that
// log(1 + rest) keeps its digits in a confident row.

const LOGIT_LIMIT = 1e6;
const MINUS_INFINITY = -1e30;
const EXPONENT_BITS = 0x7f800000u;
const SIZE_BITS = 0x7fffffffu;
const MINUS_INFINITY_BITS = 0xff800000u;
const NO_LABEL = 0xffffffffu;
const LOG2_E = 1.4426950408889634;
// Where the sums of `NAME_more` are kept.
const MORE_LEVEL = 3u;

// The largest elements of a row, and whether all were finite.
struct Tops {
  student: f32,
  teacher: f32,
  student_index: u32,
  teacher_index: u32,
  // the teacher's logit at the student's top
  teacher_there: f32,
  // the bits of the largest size, but for a teacher's −∞; EXPONENT_BITS or more is no number
  largest_bits: u32,
  // the largest beside the label, where a term asks for them
  student_other: f32,
  teacher_other: f32,
}

// What the sweeps found out about a row.
struct Row {
  student_max: f32,
  teacher_max: f32,
  student_top: u32,
  teacher_top: u32,
  // max z − max u, and the rounding error of that difference
  shift: f32,
  shift_error: f32,
  one: f32,
  inverse_temperature: f32,
  // log₂ e / T
  exponent: f32,
  inverse_classes: f32,
  // log Σ exp of the row minus its maximum: at T of both, and at T = 1 of the student
  log_sum_student: f32,
  log_sum_teacher: f32,
  log_sum_one: f32,
  // 1 − the largest probability of the student at T = 1, and that probability
  rest_one: f32,
  peak_one: f32,
  // δ at the student's top
  delta_top: f32,
  // Q and log(1 + Q)
  lift: f32,
  log_ratio: f32,
  temperature: f32,
  classes: f32,
  // NO_LABEL in a row without one
  label: u32,
  // the number of the row's first class; where it is not 0, the numbers of tops and label count from it, too
  origin: u32,
  broken: bool,
  // the teacher's largest probability
  peak_teacher: f32,
  // b, e^b, e^a − e^b, d, q, p and q − p at the student's top
  b_top: f32,
  teacher_at_top: f32,
  ratio_at_top: f32,
  d_top: f32,
  q_top: f32,
  p_top: f32,
  gap_top: f32,
  // The element at the label, for terms that need one (LABEL_TERMS)
  label_log_p: f32,
  label_log_q: f32,
  label_p: f32,
  label_q: f32,
  label_d: f32,
  label_gap: f32,
  // Maxima beside the label, their difference and its rounding error (BESIDE_LABEL)
  student_other: f32,
  teacher_other: f32,
  other_shift: f32,
  other_shift_error: f32,
  // the first logits, where a term sums before the largest are known (FIRSTS)
  first_z: f32,
  first_u: f32,
  // What a term works out once a row (`NAME_kept`), a column a slot
  kept: mat4x4f,
}

// Sums over the row that a term asked for: in the sweep for the largest elements (`NAME_first`), in that for the sums of
// exponentials (`NAME_early`), and in sweeps of its own, of each of its levels (`NAME_extras`); 0 where it asked for none.
struct Known {
  first: vec4f,
  early: vec4f,
  a: vec4f,
  b: vec4f,
  c: vec4f,
  d: vec4f,
}

struct Knowns {
  slot0: Known,
  slot1: Known,
  slot2: Known,
  slot3: Known,
}

// An element once the largest are known: e^a and e^b are its unnormalised probabilities.
struct Start {
  index: u32,
  z: f32,
  u: f32,
  // (z − max z)/T and (u − max u)/T
  a: f32,
  b: f32,
  delta: f32,
  student: f32,
  teacher: f32,
  // e^(z − max z)
  one: f32,
  row: Row,
}

struct Element {
  index: u32,
  z: f32,
  u: f32,
  // z − u
  difference: f32,
  log_p: f32,
  log_q: f32,
  p: f32,
  q: f32,
  // log q − log p, and q − p, both exact near 0
  d: f32,
  gap: f32,
  // |d| < ½, and e^d − 1 − d there, exact near 0
  near: bool,
  grown: f32,
  // d minus its value at the student's top: e may be moved by any multiple of q, and this one makes it 0 at the top,
  // so that a confident row's gradient is no difference of nearly equal numbers
  rise: f32,
  // at T = 1: log q, q − 1[this is the teacher's top], and q − 1[this is the label]
  log_q_one: f32,
  miss: f32,
  label_miss: f32,
  teacher_top: bool,
  is_label: bool,
  row: Row,
}

fn is_broken_student(raw: f32) -> bool {
  return (bitcast<u32>(raw) & EXPONENT_BITS) == EXPONENT_BITS;
}

// A teacher may say −∞ (a suppressed class); it is the lowest logit then.
fn is_broken_teacher(raw: f32) -> bool {
  return is_broken_student(raw) && bitcast<u32>(raw) != MINUS_INFINITY_BITS;
}

// Of a row without broken logits, whose −∞ becomes the lowest logit.
fn clamped(raw: f32) -> f32 {
  return clamp(raw, -LOGIT_LIMIT, LOGIT_LIMIT);
}

fn tame_student(raw: f32) -> f32 {
  return select(clamp(raw, -LOGIT_LIMIT, LOGIT_LIMIT), 0.0, is_broken_student(raw));
}

fn tame_teacher(raw: f32) -> f32 {
  if (bitcast<u32>(raw) == MINUS_INFINITY_BITS) { return -LOGIT_LIMIT; }
  return tame_student(raw);
}

fn no_tops() -> Tops {
  return Tops(MINUS_INFINITY, MINUS_INFINITY, 0u, 0u, 0.0, 0u, MINUS_INFINITY, MINUS_INFINITY);
}

// Of equal elements the first is the top, in whichever order rows are merged.
fn merge_tops(a: Tops, b: Tops) -> Tops {
  var merged = a;
  if (b.student > a.student || (b.student == a.student && b.student_index < a.student_index)) {
    merged.student = b.student;
    merged.student_index = b.student_index;
    merged.teacher_there = b.teacher_there;
  }
  if (b.teacher > a.teacher || (b.teacher == a.teacher && b.teacher_index < a.teacher_index)) {
    merged.teacher = b.teacher;
    merged.teacher_index = b.teacher_index;
  }
  merged.largest_bits = max(a.largest_bits, b.largest_bits);
  if (BESIDE_LABEL) {
    merged.student_other = max(a.student_other, b.student_other);
    merged.teacher_other = max(a.teacher_other, b.teacher_other);
  }
  return merged;
}

// With one more element, in ascending order of j.
fn with_top(tops: Tops, raw_z: f32, raw_u: f32, j: u32, label: u32) -> Tops {
  let z = clamped(raw_z);
  let u = clamped(raw_u);
  var more = tops;
  let student = z > tops.student;
  more.student = select(tops.student, z, student);
  more.student_index = select(tops.student_index, j, student);
  more.teacher_there = select(tops.teacher_there, u, student);
  let teacher = u > tops.teacher;
  more.teacher = select(tops.teacher, u, teacher);
  more.teacher_index = select(tops.teacher_index, j, teacher);
  let u_bits = bitcast<u32>(raw_u);
  let sizes = vec2u(bitcast<u32>(raw_z), select(u_bits, 0u, u_bits == MINUS_INFINITY_BITS)) & vec2u(SIZE_BITS);
  more.largest_bits = max(tops.largest_bits, max(sizes.x, sizes.y));
  if (BESIDE_LABEL) {
    more.student_other = select(max(tops.student_other, z), tops.student_other, j == label);
    more.teacher_other = select(max(tops.teacher_other, u), tops.teacher_other, j == label);
  }
  return more;
}

// `start` holds the first logits, as `first_z` and `first_u`.
fn start_row(tops: Tops, temperature: f32, classes: u32, label: u32, start: vec2f, one: f32) -> Row {
  var row: Row;
  row.first_z = start.x;
  row.first_u = start.y;
  row.student_max = tops.student;
  row.teacher_max = tops.teacher;
  row.student_top = tops.student_index;
  row.teacher_top = tops.teacher_index;
  let shift = exact_difference(tops.student, tops.teacher, one);
  row.shift = shift.x;
  row.shift_error = shift.y;
  row.one = one;
  row.temperature = clamp(temperature, 0.01, 1000.0);
  row.inverse_temperature = 1.0 / row.temperature;
  row.exponent = LOG2_E / row.temperature;
  row.classes = f32(classes);
  row.inverse_classes = 1.0 / row.classes;
  row.label = label;
  row.broken = tops.largest_bits >= EXPONENT_BITS;
  if (BESIDE_LABEL) {
    row.student_other = tops.student_other;
    row.teacher_other = tops.teacher_other;
    let other_shift = exact_difference(tops.student_other, tops.teacher_other, one);
    row.other_shift = other_shift.x;
    row.other_shift_error = other_shift.y;
  }
  row.delta_top = shift_free(row, tops.student, tops.teacher_there);
  row.b_top = (tops.teacher_there - tops.teacher) * row.inverse_temperature;
  row.teacher_at_top = exp_falling(row.b_top);
  row.ratio_at_top = gap_from(row.teacher_at_top, 1.0, row.delta_top);
  return row;
}

// (z − u) − shift, with the error of the shift. The last subtraction is exact where it cancels, so that its error is no more than that of
// any float: a GPU, which waits for nothing here, does without it.
fn apart_from(z: f32, u: f32, shift: vec2f, one: f32) -> f32 {
  let difference = exact_difference(z, u, one);
  if (LEAN) { return fma(one, fma(difference.x, one, -shift.x), fma(difference.y, one, -shift.y)); }
  let shifted = exact_difference(difference.x, shift.x, one);
  return shifted.x + (difference.y + shifted.y - shift.y);
}

fn shift_free(row: Row, z: f32, u: f32) -> f32 {
  return apart_from(z, u, vec2f(row.shift, row.shift_error), row.one) * row.inverse_temperature;
}

// e^exponent ≤ 1, which is 2^(fall·scale), the power that a GPU has; 0 where it underflows.
fn power_of(fall: f32, exponent: f32, scale: f32) -> f32 {
  if (LEAN) { return select(0.0, exp2(fall * scale), fall * scale > -125.0); }
  return exp_falling(exponent);
}

fn start_of(row: Row, z: f32, u: f32, j: u32) -> Start {
  var x: Start;
  x.index = j;
  x.z = z;
  x.u = u;
  x.row = row;
  x.a = (z - row.student_max) * row.inverse_temperature;
  x.b = (u - row.teacher_max) * row.inverse_temperature;
  x.delta = shift_free(row, z, u);
  x.student = power_of(z - row.student_max, x.a, row.exponent);
  x.teacher = power_of(u - row.teacher_max, x.b, row.exponent);
  if (ONES) { x.one = power_of(z - row.student_max, z - row.student_max, LOG2_E); }
  return x;
}

// Exp of the student at T, of the student at 1, of the teacher at T (the tops left out), e^b·(e^δ − 1).
fn sums_of(x: Start) -> vec4f {
  let not_student = x.index != x.row.student_top;
  let one = select(0.0, x.one, not_student);
  if (!SOFTENED) { return vec4f(0.0, one, 0.0, 0.0); }
  return vec4f(
    select(0.0, x.student, not_student),
    one,
    select(0.0, x.teacher, x.index != x.row.teacher_top),
    gap_from(x.teacher, x.student, x.delta),
  );
}

// `label_z` and `label_u` are the logits at the label.
fn finish_row(start: Row, sums: vec4f, label_z: f32, label_u: f32) -> Row {
  var row = start;
  row.log_sum_student = log1p(sums.x);
  if (ONES || row.label != NO_LABEL) {
    row.log_sum_one = log1p(sums.y);
    row.peak_one = 1.0 / (1.0 + sums.y);
    row.rest_one = sums.y * row.peak_one;
  }
  row.log_sum_teacher = log1p(sums.z);
  row.peak_teacher = 1.0 / (1.0 + sums.z);
  let q = sums.w * row.peak_teacher;
  row.lift = q;
  row.log_ratio = row.log_sum_student - row.log_sum_teacher;
  if (abs(q) < 1.0 && q > -0.5) { row.log_ratio = log1p(q); }
  row.d_top = row.delta_top - row.log_ratio;
  row.q_top = 1.0 / (1.0 + sums.x);
  row.p_top = row.teacher_at_top * row.peak_teacher;
  row.gap_top = gap_from(row.p_top, row.q_top, row.d_top);
  if (LABEL_TERMS) {
    let x = element_of(row, label_z, label_u, row.label);
    row.label_log_p = x.log_p;
    row.label_log_q = x.log_q;
    row.label_p = x.p;
    row.label_q = x.q;
    row.label_d = x.d;
    row.label_gap = x.gap;
  }
  row.kept = kept_of(row);
  return row;
}

// q − 1[j is the target] at T = 1; where the target is the student's own top, minus the sum of the others.
fn miss_of(row: Row, q_one: f32, j: u32, target_index: u32) -> f32 {
  let there = select(q_one - 1.0, -row.rest_one, j == row.student_top);
  return select(q_one, there, j == target_index);
}

fn element_of(row: Row, z: f32, u: f32, j: u32) -> Element {
  return element_from(row, start_of(row, z, u, j));
}

fn element_from(row: Row, start: Start) -> Element {
  let j = start.index;
  var x: Element;
  x.index = j;
  x.z = start.z;
  x.u = start.u;
  x.row = row;
  x.difference = start.z - start.u;
  x.d = start.delta - row.log_ratio;
  x.rise = start.delta - row.delta_top;
  x.log_p = start.b - row.log_sum_teacher;
  x.log_q = start.a - row.log_sum_student;
  x.p = start.teacher * row.peak_teacher;
  x.q = start.student * row.q_top;
  x.near = abs(x.d) < 0.5;
  x.grown = growth(x.d);
  x.gap = select(x.q - x.p, x.p * (x.d + x.grown), x.near);
  x.teacher_top = j == row.teacher_top;
  x.is_label = j == row.label;
  if (ONES) {
    x.log_q_one = start.z - row.student_max - row.log_sum_one;
    let q_one = start.one * row.peak_one;
    x.miss = miss_of(row, q_one, j, row.teacher_top);
    x.label_miss = miss_of(row, q_one, j, row.label);
  }
  return x;
}

fn learned_slot(known: Known, level: u32, sums: vec4f) -> Known {
  var more = known;
  switch (level) {
    case 0u: { more.a = sums; }
    case 1u: { more.b = sums; }
    case 2u: { more.c = sums; }
    default: { more.d = sums; }
  }
  return more;
}

// `found` has a column for each slot; a term may keep something else of it (`NAME_learned`).
fn learned(known: Knowns, level: u32, row: Row, found: mat4x4f) -> Knowns {
  let sums = learned_of(level, known, row, found);
  return Knowns(
    learned_slot(known.slot0, level, sums[0]),
    learned_slot(known.slot1, level, sums[1]),
    learned_slot(known.slot2, level, sums[2]),
    learned_slot(known.slot3, level, sums[3]),
  );
}
