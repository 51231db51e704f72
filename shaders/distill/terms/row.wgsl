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

// The largest elements of a row, and whether all were finite.
struct Tops {
  student: f32,
  teacher: f32,
  student_index: u32,
  teacher_index: u32,
  // the teacher's logit at the student's top
  teacher_there: f32,
  broken: u32,
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
}

struct Element {
  // z − u
  difference: f32,
  log_p: f32,
  log_q: f32,
  p: f32,
  q: f32,
  // log q − log p, and q − p, both exact near 0
  d: f32,
  gap: f32,
  // d at the student's top, and d minus that: e may be moved by any multiple of q, and this one makes it 0 at the top,
  // so that a confident row's gradient is no difference of nearly equal numbers
  d_top: f32,
  rise: f32,
  // at T = 1: log q, and q − 1[this is the teacher's top]
  log_q_one: f32,
  miss: f32,
  teacher_top: bool,
  inverse_classes: f32,
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
  return Tops(MINUS_INFINITY, MINUS_INFINITY, 0u, 0u, 0.0, 0u);
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
  return merged;
}

fn tops_of(raw_z: f32, raw_u: f32, j: u32) -> Tops {
  let broken = is_broken_student(raw_z) || is_broken_teacher(raw_u);
  let u = tame_teacher(raw_u);
  return Tops(tame_student(raw_z), u, j, j, u, select(0u, 1u, broken));
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

fn start_row(tops: Tops, temperature: f32, classes: u32, one: f32) -> Row {
  var row: Row;
  row.student_max = tops.student;
  row.teacher_max = tops.teacher;
  row.student_top = tops.student_index;
  row.teacher_top = tops.teacher_index;
  let shift = exact_difference(tops.student, tops.teacher, one);
  row.shift = shift.x;
  row.shift_error = shift.y;
  row.one = one;
  row.inverse_temperature = 1.0 / clamp(temperature, 0.01, 1000.0);
  row.inverse_classes = 1.0 / f32(classes);
  row.delta_top = shift_free(row, tops.student, tops.teacher_there);
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
  let ratio = select(student - teacher, teacher * expm1(clamp(delta, -1.0, 1.0)), abs(delta) < 0.25);
  let one = exp_safe(z - row.student_max);
  let not_student = j != row.student_top;
  return vec4f(
    select(0.0, student, not_student),
    select(0.0, one, not_student),
    select(0.0, teacher, j != row.teacher_top),
    ratio,
  );
}

fn finish_row(start: Row, sums: vec4f) -> Row {
  var row = start;
  row.log_sum_student = log1p(sums.x);
  row.log_sum_one = log1p(sums.y);
  row.rest_one = sums.y / (1.0 + sums.y);
  row.log_sum_teacher = log1p(sums.z);
  let q = sums.w / (1.0 + sums.z);
  row.log_ratio = row.log_sum_student - row.log_sum_teacher;
  if (abs(q) < 1.0 && q > -0.5) { row.log_ratio = log1p(q); }
  return row;
}

// q − 1[j is the target] at T = 1; where the target is the student's own top, minus the sum of the others.
fn miss_of(row: Row, z: f32, j: u32, target_index: u32) -> f32 {
  if (j == target_index && j == row.student_top) { return -row.rest_one; }
  let q = exp_safe(z - row.student_max - row.log_sum_one);
  return q - select(0.0, 1.0, j == target_index);
}

fn element_of(row: Row, z: f32, u: f32, j: u32) -> Element {
  var x: Element;
  x.difference = z - u;
  let delta = shift_free(row, z, u);
  x.d = delta - row.log_ratio;
  x.d_top = row.delta_top - row.log_ratio;
  x.rise = delta - row.delta_top;
  x.log_p = (u - row.teacher_max) * row.inverse_temperature - row.log_sum_teacher;
  x.log_q = (z - row.student_max) * row.inverse_temperature - row.log_sum_student;
  x.p = exp_safe(x.log_p);
  let far = x.d > 10.0;
  x.q = select(x.p * exp_safe(x.d), exp_safe(x.log_q), far);
  x.gap = select(x.p * expm1(x.d), x.q - x.p, far);
  x.log_q_one = z - row.student_max - row.log_sum_one;
  x.teacher_top = j == row.teacher_top;
  x.miss = miss_of(row, z, j, row.teacher_top);
  x.inverse_classes = row.inverse_classes;
  return x;
}
