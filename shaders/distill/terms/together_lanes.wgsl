// What the lanes of a row find out together, through workgroup memory. Twin of terms/together_subgroups.wgsl.
// A library of row_loss_registers: no bindings, but the entry point. It wants LANES, and BANDS, into which lanes are added first. What the whole row shares is worked out by the first lane alone.

struct Sums {
  a: vec4f,
  b: vec4f,
  c: vec2f,
}

var<workgroup> lanes_a: array<vec4f, LANES>;
var<workgroup> lanes_b: array<vec4f, LANES>;
var<workgroup> lanes_c: array<vec2f, LANES>;
var<workgroup> lanes_places: array<vec4u, LANES>;
var<workgroup> bands_a: array<vec4f, BANDS>;
var<workgroup> bands_b: array<vec4f, BANDS>;
var<workgroup> bands_c: array<vec2f, BANDS>;
var<workgroup> bands_places: array<vec4u, BANDS>;
// What the first lane tells the others: the largest elements, and sums; terms/shared_row has the rest.
var<workgroup> told_tops: vec4f;
var<workgroup> told_places: vec4u;
var<workgroup> told_sums: array<vec4f, 2>;

// The sum over the workgroup, known to the first lane. Nobody reads what lanes left after the second barrier, nor what bands left
// after the next sum's first. Only `wide` sums have a `b`.
fn sum_to_first(lane: u32, own: Sums, wide: bool) -> Sums {
  lanes_a[lane] = own.a;
  if (wide) { lanes_b[lane] = own.b; }
  lanes_c[lane] = own.c;
  workgroupBarrier();
  var sum = own;
  if (lane < BANDS) {
    for (var other = lane + BANDS; other < LANES; other += BANDS) {
      sum.a += lanes_a[other];
      if (wide) { sum.b += lanes_b[other]; }
      sum.c += lanes_c[other];
    }
    bands_a[lane] = sum.a;
    if (wide) { bands_b[lane] = sum.b; }
    bands_c[lane] = sum.c;
  }
  workgroupBarrier();
  if (lane == 0u) {
    for (var i = 1u; i < BANDS; i++) {
      sum.a += bands_a[i];
      if (wide) { sum.b += bands_b[i]; }
      sum.c += bands_c[i];
    }
  }
  return sum;
}

// As that, for every lane.
fn sum_lanes(lane: u32, a: vec4f, b: vec4f) -> Sums {
  let sum = sum_to_first(lane, Sums(a, b, vec2f(0.0)), true);
  if (lane == 0u) {
    told_sums[0] = sum.a;
    told_sums[1] = sum.b;
  }
  workgroupBarrier();
  return Sums(told_sums[0], told_sums[1], vec2f(0.0));
}

// A column for each slot, of which only the first has sums unless LATER_SLOTS.
fn sum_columns(lane: u32, own: mat4x4f) -> mat4x4f {
  let front = sum_lanes(lane, own[0], own[1]);
  if (!LATER_SLOTS) { return mat4x4f(front.a, vec4f(0.0), vec4f(0.0), vec4f(0.0)); }
  let back = sum_lanes(lane, own[2], own[3]);
  return mat4x4f(front.a, front.b, back.a, back.b);
}

// Makes the largest elements of a lane those of the row, but for what the teacher says of the student's top; returns the largest bits.
fn gather_tops(lane: u32, own: ptr<function, Tops>) -> u32 {
  var tops = *own;
  lanes_a[lane] = values_of(tops);
  lanes_places[lane] = places_of(tops);
  workgroupBarrier();
  if (lane < BANDS) {
    for (var other = lane + BANDS; other < LANES; other += BANDS) {
      tops = merge_tops(tops, tops_of(lanes_a[other], lanes_places[other]));
    }
    bands_a[lane] = values_of(tops);
    bands_places[lane] = places_of(tops);
  }
  workgroupBarrier();
  if (lane == 0u) {
    for (var i = 1u; i < BANDS; i++) { tops = merge_tops(tops, tops_of(bands_a[i], bands_places[i])); }
    told_tops = values_of(tops);
    told_places = places_of(tops);
  }
  let places = workgroupUniformLoad(&told_places);
  *own = tops_of(told_tops, places);
  return places.z;
}

fn values_of(tops: Tops) -> vec4f {
  return vec4f(tops.student, tops.teacher, tops.student_other, tops.teacher_other);
}

fn places_of(tops: Tops) -> vec4u {
  return vec4u(tops.student_index, tops.teacher_index, tops.largest_bits, 0u);
}

fn tops_of(values: vec4f, places: vec4u) -> Tops {
  return Tops(values.x, values.y, places.x, places.y, 0.0, places.z, values.z, values.w);
}

fn sum_four(lane: u32, own: vec4f) -> vec4f {
  return sum_lanes(lane, own, vec4f(0.0)).a;
}

// The row once the sums of its exponentials are known, for every lane.
fn finished_row(lane: u32, start: Row, own: vec4f, label_z: f32, label_u: f32) -> Row {
  let sums = sum_to_first(lane, Sums(own, vec4f(0.0), vec2f(0.0)), false);
  if (lane == 0u) { share_row(finish_row(start, sums.a, label_z, label_u)); }
  workgroupBarrier();
  return shared_row(start);
}

// Losses, squared norms of the terms' gradients, and two sums for the labels, known to the first lane; a single slot needs one vector
// for its two.
fn sum_found(lane: u32, losses: vec4f, squares: vec4f, label: vec2f, labelled: bool) -> Sums {
  if (SLOTS > 1u) { return sum_to_first(lane, Sums(losses, squares, label), true); }
  let sum = sum_to_first(lane, Sums(vec4f(losses.x, squares.x, 0.0, 0.0), vec4f(0.0), label), false);
  return Sums(vec4f(sum.a.x, 0.0, 0.0, 0.0), vec4f(sum.a.y, 0.0, 0.0, 0.0), sum.c);
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let r = flat_group(group, groups);
  if (r >= shape.rows) { return; }
  loss_of_row(r, lane);
}
