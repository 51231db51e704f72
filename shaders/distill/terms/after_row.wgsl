// What the kernels share that run after the row loss and add to it; they ask terms/row nothing about labels.
// A library: no bindings, no entry point.

const VALID = 1u;
// Statistics of a row, as the row loss writes them.
const STATS = 16u;
const LABEL_TERMS = false;
const BESIDE_LABEL = false;
const SOFTENED = true;
const ONES = false;
const LEAN = false;

fn learned_of(level: u32, known: Knowns, row: Row, sums: mat4x4f) -> mat4x4f {
  return sums;
}

fn kept_of(row: Row) -> mat4x4f {
  return mat4x4f();
}
