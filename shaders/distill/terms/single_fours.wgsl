// Four classes at a time over the bindings of terms/apart or terms/in_place, whose rows may begin anywhere: one by one.
// A library: no bindings, no entry point. Twin of terms/vector_fours.

fn student_at(i: u32) -> f32 {
  return logits[i];
}

fn teacher_at(i: u32) -> f32 {
  return teacher[i];
}

// The `four`-th four of the row that begins at `first`; beyond the row, its last class.
fn student_four(first: u32, four: u32, classes: u32) -> vec4f {
  let i = first + places_of_four(four, classes);
  return vec4f(logits[i.x], logits[i.y], logits[i.z], logits[i.w]);
}

fn teacher_four(first: u32, four: u32, classes: u32) -> vec4f {
  let i = first + places_of_four(four, classes);
  return vec4f(teacher[i.x], teacher[i.y], teacher[i.z], teacher[i.w]);
}

fn places_of_four(four: u32, classes: u32) -> vec4u {
  return min(4u * four + vec4u(0u, 1u, 2u, 3u), vec4u(classes - 1u));
}

fn write_four(first: u32, four: u32, classes: u32, values: vec4f) {
  let j = 4u * four;
  if (j < classes) { write_gradient(first + j, values.x); }
  if (j + 1u < classes) { write_gradient(first + j + 1u, values.y); }
  if (j + 2u < classes) { write_gradient(first + j + 2u, values.z); }
  if (j + 3u < classes) { write_gradient(first + j + 3u, values.w); }
}
