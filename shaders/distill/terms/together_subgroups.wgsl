// What the lanes of a row find out together, within their subgroups first. Twin of terms/together_lanes.wgsl.
// A library of row_loss_registers: no bindings, but the entry point. Its module enables subgroups. It wants LANES, and SUBGROUPS, the
// most that they may be; where that is one, nothing is shared through memory and no lane waits for another.

struct Sums {
  a: vec4f,
  b: vec4f,
  c: vec2f,
}

const NOWHERE = 0xffffffffu;

var<workgroup> parts_a: array<vec4f, SUBGROUPS>;
var<workgroup> parts_b: array<vec4f, SUBGROUPS>;
var<workgroup> parts_c: array<vec2f, SUBGROUPS>;
var<workgroup> parts_places: array<vec4u, SUBGROUPS>;
var<private> own_subgroup: u32;
var<private> subgroups: u32;

// The sum over the row, for every lane, of what each subgroup has summed.
fn across(own: Sums, wide: bool) -> Sums {
  if (SUBGROUPS == 1u) { return own; }
  workgroupBarrier();
  if (subgroupElect()) {
    parts_a[own_subgroup] = own.a;
    if (wide) { parts_b[own_subgroup] = own.b; }
    parts_c[own_subgroup] = own.c;
  }
  workgroupBarrier();
  var sum = Sums(parts_a[0], parts_b[0], parts_c[0]);
  for (var i = 1u; i < subgroups; i++) {
    sum.a += parts_a[i];
    if (wide) { sum.b += parts_b[i]; }
    sum.c += parts_c[i];
  }
  return sum;
}

// Of the slots in use.
fn sum_used(own: vec4f) -> vec4f {
  if (SLOTS > 1u) { return subgroupAdd(own); }
  return vec4f(subgroupAdd(own.x), 0.0, 0.0, 0.0);
}

fn sum_four(lane: u32, own: vec4f) -> vec4f {
  return across(Sums(sum_used(own), vec4f(0.0), vec2f(0.0)), false).a;
}

// A column for each slot, of which only the first has sums unless LATER_SLOTS.
fn sum_columns(lane: u32, own: mat4x4f) -> mat4x4f {
  if (!LATER_SLOTS) {
    let first = across(Sums(subgroupAdd(own[0]), vec4f(0.0), vec2f(0.0)), false);
    return mat4x4f(first.a, vec4f(0.0), vec4f(0.0), vec4f(0.0));
  }
  let front = across(Sums(subgroupAdd(own[0]), subgroupAdd(own[1]), vec2f(0.0)), true);
  let back = across(Sums(subgroupAdd(own[2]), subgroupAdd(own[3]), vec2f(0.0)), true);
  return mat4x4f(front.a, front.b, back.a, back.b);
}

// The row once its largest elements are known, for every lane. Of equal elements the first is the top; a lane without classes has
// nothing as large as any.
fn begun_row(lane: u32, own: Tops, classes: u32, label: u32, begin: vec2f, one: f32) -> Row {
  var tops = own;
  tops.student = subgroupMax(own.student);
  let is_student = own.student == tops.student;
  tops.student_index = subgroupMin(select(NOWHERE, own.student_index, is_student));
  let has_it = is_student && own.student_index == tops.student_index;
  tops.teacher_there = subgroupMax(select(MINUS_INFINITY, own.teacher_there, has_it));
  tops.teacher = subgroupMax(own.teacher);
  tops.teacher_index = subgroupMin(select(NOWHERE, own.teacher_index, own.teacher == tops.teacher));
  tops.largest_bits = subgroupMax(own.largest_bits);
  if (BESIDE_LABEL) {
    tops.student_other = subgroupMax(own.student_other);
    tops.teacher_other = subgroupMax(own.teacher_other);
  }
  return start_row(tops_across(tops), live.temperature, classes, label, begin, one);
}

fn tops_across(own: Tops) -> Tops {
  if (SUBGROUPS == 1u) { return own; }
  if (subgroupElect()) {
    parts_a[own_subgroup] = vec4f(own.student, own.teacher, own.teacher_there, own.student_other);
    parts_places[own_subgroup] =
      vec4u(own.student_index, own.teacher_index, own.largest_bits, bitcast<u32>(own.teacher_other));
  }
  workgroupBarrier();
  var tops = own;
  for (var i = 0u; i < subgroups; i++) {
    let values = parts_a[i];
    let places = parts_places[i];
    let other = bitcast<f32>(places.w);
    tops = merge_tops(tops, Tops(values.x, values.y, places.x, places.y, values.z, places.z, values.w, other));
  }
  return tops;
}

// The row once the sums of its exponentials are known, for every lane.
fn finished_row(lane: u32, start: Row, own: vec4f, label_z: f32, label_u: f32) -> Row {
  let sums = across(Sums(subgroupAdd(own), vec4f(0.0), vec2f(0.0)), false);
  return finish_row(start, sums.a, label_z, label_u);
}

// Losses, squared norms of the terms' gradients, and two sums for the labels, known to the first lane.
fn sum_found(lane: u32, losses: vec4f, squares: vec4f, label: vec2f) -> Sums {
  return across(Sums(sum_used(losses), sum_used(squares), subgroupAdd(label)), true);
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
  @builtin(subgroup_id) subgroup: u32,
  @builtin(num_subgroups) all: u32,
) {
  let r = flat_group(group, groups);
  if (r >= shape.rows) { return; }
  own_subgroup = subgroup;
  subgroups = all;
  loss_of_row(r, lane);
}
