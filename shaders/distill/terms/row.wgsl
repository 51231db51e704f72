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
const MINUS_INFINITY_BITS = 0xff800000u;
const NO_LABEL = 0xffffffffu;

// The largest elements of a row, and whether all were finite.
struct Tops {
  student: f32,
  teacher: f32,
  student_index: u32,
  teacher_index: u32,
  // the teacher's logit at the student's top
  teacher_there: f32,
  broken: u32,
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
  inverse_classes: f32,
  // log Σ exp of the row minus its maximum: at T of both, and at T = 1 of the student
  log_sum_student: f32,
  log_sum_teacher: f32,
  log_sum_one: f32,
  // 1 − the largest probability of the student at T = 1
  rest_one: f32,
  // δ at the student's top
  delta_top: f32,
  // log(1 + Q)
  log_ratio: f32,
  temperature: f32,
  classes: f32,
  // NO_LABEL in a row without one
  label: u32,
  // (u − max u)/T, d, q, p and q − p at the student's top
  b_top: f32,
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
  // What a term works out once a row (`NAME_kept`), a column a slot
  kept: mat4x4f,
}

// Sums over the row that a term asked for, of each of its levels (`NAME_extras`); 0 where it asked for none.
struct Known {
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
  merged.broken = a.broken | b.broken;
  if (BESIDE_LABEL) {
    merged.student_other = max(a.student_other, b.student_other);
    merged.teacher_other = max(a.teacher_other, b.teacher_other);
  }
  return merged;
}

fn tops_of(raw_z: f32, raw_u: f32, j: u32, label: u32) -> Tops {
  let broken = is_broken_student(raw_z) || is_broken_teacher(raw_u);
  let z = tame_student(raw_z);
  let u = tame_teacher(raw_u);
  let other_z = select(z, MINUS_INFINITY, j == label);
  return Tops(z, u, j, j, u, select(0u, 1u, broken), other_z, select(u, MINUS_INFINITY, j == label));
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

fn start_row(tops: Tops, temperature: f32, classes: u32, label: u32, one: f32) -> Row {
  var row: Row;
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
  row.classes = f32(classes);
  row.inverse_classes = 1.0 / row.classes;
  row.label = label;
  if (BESIDE_LABEL) {
    row.student_other = tops.student_other;
    row.teacher_other = tops.teacher_other;
    let other_shift = exact_difference(tops.student_other, tops.teacher_other, one);
    row.other_shift = other_shift.x;
    row.other_shift_error = other_shift.y;
  }
  row.delta_top = shift_free(row, tops.student, tops.teacher_there);
  row.b_top = (tops.teacher_there - tops.teacher) * row.inverse_temperature;
  return row;
}

fn shift_free(row: Row, z: f32, u: f32) -> f32 {
  let difference = exact_difference(z, u, row.one);
  let shifted = exact_difference(difference.x, row.shift, row.one);
  return (shifted.x + (difference.y + shifted.y - row.shift_error)) * row.inverse_temperature;
}

// Of one element: exp of the student at T, of the student at 1, of the teacher at T (the tops left out), e^b·(e^δ − 1).
fn sums_of(row: Row, z: f32, u: f32, j: u32) -> vec4f {
  let a = (z - row.student_max) * row.inverse_temperature;
  let b = (u - row.teacher_max) * row.inverse_temperature;
  let delta = shift_free(row, z, u);
  let student = exp_safe(a);
  let teacher = exp_safe(b);
  let ratio = gap_from(teacher, student, delta);
  let one = exp_safe(z - row.student_max);
  let not_student = j != row.student_top;
  return vec4f(
    select(0.0, student, not_student),
    select(0.0, one, not_student),
    select(0.0, teacher, j != row.teacher_top),
    ratio,
  );
}

// `label_z` and `label_u` are the logits at the label.
fn finish_row(start: Row, sums: vec4f, label_z: f32, label_u: f32) -> Row {
  var row = start;
  row.log_sum_student = log1p(sums.x);
  row.log_sum_one = log1p(sums.y);
  row.rest_one = sums.y / (1.0 + sums.y);
  row.log_sum_teacher = log1p(sums.z);
  let q = sums.w / (1.0 + sums.z);
  row.log_ratio = row.log_sum_student - row.log_sum_teacher;
  if (abs(q) < 1.0 && q > -0.5) { row.log_ratio = log1p(q); }
  row.d_top = row.delta_top - row.log_ratio;
  row.q_top = 1.0 / (1.0 + sums.x);
  row.p_top = exp_safe(row.b_top - row.log_sum_teacher);
  row.gap_top = gap_of(row.p_top, row.q_top, row.d_top);
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
fn miss_of(row: Row, z: f32, j: u32, target_index: u32) -> f32 {
  if (j == target_index && j == row.student_top) { return -row.rest_one; }
  let q = exp_safe(z - row.student_max - row.log_sum_one);
  return q - select(0.0, 1.0, j == target_index);
}

// q − p of q = p·e^d, exact where they are nearly equal.
fn gap_from(p: f32, q: f32, d: f32) -> f32 {
  return select(q - p, p * expm1_near(clamp(d, -0.25, 0.25)), abs(d) < 0.25);
}

// The same where q was not computed from p.
fn gap_of(p: f32, q: f32, d: f32) -> f32 {
  return select(p * expm1(d), q - p, d > 10.0);
}

// q from p and d = log q − log p, or from its own logarithm where that is much more than log p.
fn grown_of(p: f32, d: f32, log_q: f32) -> f32 {
  if (d > 10.0) { return exp_safe(log_q); }
  return p * exp_safe(d);
}

fn element_of(row: Row, z: f32, u: f32, j: u32) -> Element {
  var x: Element;
  x.index = j;
  x.z = z;
  x.u = u;
  x.row = row;
  x.difference = z - u;
  let delta = shift_free(row, z, u);
  x.d = delta - row.log_ratio;
  x.rise = delta - row.delta_top;
  x.log_p = (u - row.teacher_max) * row.inverse_temperature - row.log_sum_teacher;
  x.log_q = (z - row.student_max) * row.inverse_temperature - row.log_sum_student;
  x.p = exp_safe(x.log_p);
  x.q = grown_of(x.p, x.d, x.log_q);
  x.gap = gap_from(x.p, x.q, x.d);
  x.log_q_one = z - row.student_max - row.log_sum_one;
  x.teacher_top = j == row.teacher_top;
  x.miss = miss_of(row, z, j, row.teacher_top);
  x.is_label = j == row.label;
  x.label_miss = miss_of(row, z, j, row.label);
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

// Of sums of exponentials over two rows, and of their difference: the logarithms, and that of their ratio, exact near 0.
fn log_sums(sums: vec4f) -> vec4f {
  let growth = sums.z / sums.y;
  let logs = log(sums.xy);
  var ratio = logs.x - logs.y;
  if (abs(growth) < 1.0 && growth > -0.5) { ratio = log1p(growth); }
  return vec4f(logs, ratio, 0.0);
}

// `found` has a column for each slot; a term may keep something else of it (`NAME_learned`).
fn learned(known: Knowns, level: u32, found: mat4x4f) -> Knowns {
  let sums = learned_of(level, found);
  return Knowns(
    learned_slot(known.slot0, level, sums[0]),
    learned_slot(known.slot1, level, sums[1]),
    learned_slot(known.slot2, level, sums[2]),
    learned_slot(known.slot3, level, sums[3]),
  );
}
