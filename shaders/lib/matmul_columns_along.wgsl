// The slice of a product's right operand that is contiguous along the terms: for lib/matmul_slices. A library.
// [term][four columns][pair of them], for the reasons in lib/matmul_rows_along.

const columns_along: bool = true;
var<workgroup> column_slice: array<array<array<vec2f, 2>, column_vectors>, depth>;

fn column_place(term: u32, vector: u32) -> u32 { return vector ^ (term / 4u % 4u); }

fn columns_at(term: u32, vector: u32) -> vec4f {
  let at = column_place(term, vector) % column_vectors;
  return vec4f(column_slice[term % depth][at][0], column_slice[term % depth][at][1]);
}

fn put_columns(lane: u32, next: Next) {
  put_column_pairs(lane, 0u, next.column0, next.column1);
  if (column_loads == 4u) { put_column_pairs(lane, lanes / fours, next.column2, next.column3); }
}

// Four terms of two columns: the pair of them that lies so many pairs beyond the invocation's first.
fn put_column_pairs(lane: u32, beyond: u32, one: vec4f, two: vec4f) {
  let first = lane % fours * 4u;
  let pair = lane / fours + beyond;
  let at = column_place(first, pair / 2u) % column_vectors;
  column_slice[first][at][pair % 2u] = vec2f(one.x, two.x);
  column_slice[first + 1u][at][pair % 2u] = vec2f(one.y, two.y);
  column_slice[first + 2u][at][pair % 2u] = vec2f(one.z, two.z);
  column_slice[first + 3u][at][pair % 2u] = vec2f(one.w, two.w);
}
