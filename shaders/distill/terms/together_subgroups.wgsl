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

// The sum over the row, for every lane, of what each subgroup has summed; only `wide` sums have a `b` and a `c`.
fn across(own: Sums, wide: bool) -> Sums {
  if (SUBGROUPS == 1u) { return own; }
  workgroupBarrier();
  if (subgroupElect()) {
    parts_a[own_subgroup] = own.a;
    if (wide) {
      parts_b[own_subgroup] = own.b;
      parts_c[own_subgroup] = own.c;
    }
  }
  workgroupBarrier();
  var sum = Sums(parts_a[0], vec4f(0.0), vec2f(0.0));
  for (var i = 1u; i < subgroups; i++) { sum.a += parts_a[i]; }
  if (wide) {
    for (var i = 0u; i < subgroups; i++) {
      sum.b += parts_b[i];
      sum.c += parts_c[i];
    }
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

// Makes the largest elements of a lane those of the row, but for what the teacher says of the student's top; returns the largest bits.
// Of equal elements the first is the top; a lane without classes has nothing as large as any.
fn gather_tops(lane: u32, own: ptr<function, Tops>) -> u32 {
  let student = subgroupMax((*own).student);
  let teacher = subgroupMax((*own).teacher);
  let student_index = subgroupMin(select(NOWHERE, (*own).student_index, (*own).student == student));
  let teacher_index = subgroupMin(select(NOWHERE, (*own).teacher_index, (*own).teacher == teacher));
  let largest_bits = subgroupMax((*own).largest_bits);
  var others = vec2f(0.0);
  if (BESIDE_LABEL) {
    others.x = subgroupMax((*own).student_other);
    others.y = subgroupMax((*own).teacher_other);
  }
  if (subgroupElect()) {
    parts_a[own_subgroup] = vec4f(student, teacher, others);
    parts_places[own_subgroup] = vec4u(student_index, teacher_index, largest_bits, 0u);
  }
  let places = workgroupUniformLoad(&parts_places);
  var bits = places[0].z;
  *own = Tops(student, teacher, student_index, teacher_index, 0.0, 0u, others.x, others.y);
  for (var i = 0u; i < SUBGROUPS; i++) {
    bits = max(bits, places[i].z);
    if (i < subgroups) {
      let values = parts_a[i];
      *own = merge_tops(*own, Tops(values.x, values.y, places[i].x, places[i].y, 0.0, 0u, values.z, values.w));
    }
  }
  (*own).largest_bits = bits;
  return bits;
}

// The row once the sums of its exponentials are known, for every lane; the second is for labels, where no term asks for it.
fn finished_row(lane: u32, start: Row, own: vec4f, label_z: f32, label_u: f32) -> Row {
  var sums = vec4f(0.0);
  if (SOFTENED) {
    sums.x = subgroupAdd(own.x);
    sums.z = subgroupAdd(own.z);
    sums.w = subgroupAdd(own.w);
  }
  if (ONES || start.label != NO_LABEL) { sums.y = subgroupAdd(own.y); }
  return finish_row(start, across(Sums(sums, vec4f(0.0), vec2f(0.0)), false).a, label_z, label_u);
}

// Losses, squared norms of the terms' gradients, and two sums for the labels; a single slot needs one vector for all.
fn sum_found(lane: u32, losses: vec4f, squares: vec4f, label: vec2f, labelled: bool) -> Sums {
  var labels = vec2f(0.0);
  if (labelled) { labels = subgroupAdd(label); }
  if (SLOTS > 1u) { return across(Sums(subgroupAdd(losses), subgroupAdd(squares), labels), true); }
  let sum = across(Sums(vec4f(subgroupAdd(losses.x), subgroupAdd(squares.x), labels), vec4f(0.0), vec2f(0.0)), false).a;
  return Sums(vec4f(sum.x, 0.0, 0.0, 0.0), vec4f(sum.y, 0.0, 0.0, 0.0), sum.zw);
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
