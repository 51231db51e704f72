// Four classes at a time over the bindings of terms/apart_vectors or terms/in_place_vectors, whose rows are whole vectors.
// A library: no bindings, no entry point. Twin of terms/single_fours.

fn student_at(i: u32) -> f32 {
  return logits[i / 4u][i % 4u];
}

fn teacher_at(i: u32) -> f32 {
  return teacher[i / 4u][i % 4u];
}

// The `four`-th four of the row that begins at `first`; beyond the row, its last.
fn student_four(first: u32, four: u32, classes: u32) -> vec4f {
  return logits[first / 4u + min(four, classes / 4u - 1u)];
}

fn teacher_four(first: u32, four: u32, classes: u32) -> vec4f {
  return teacher[first / 4u + min(four, classes / 4u - 1u)];
}

fn write_four(first: u32, four: u32, classes: u32, values: vec4f) {
  if (WHOLE || four < classes / 4u) { write_vector(first / 4u + four, values); }
}
