// The slice of a product's left operand that is contiguous along the terms: for lib/matmul_slices. A library.
//
// [term][four rows][pair of them]. An invocation has loaded four terms of two rows, and stores the pair of each term, which is
// an element of its own: components of one vector that several invocations store may overwrite each other (Metal and D3D read, change
// and write the vector). Vectors change places by the four of terms (place), so that invocations next to each other, which
// have different terms of the same rows, do not store into the same bank of the memory.

const rows_along: bool = true;
var<workgroup> row_slice: array<array<array<vec2f, 2>, row_vectors>, depth>;

fn row_place(term: u32, vector: u32) -> u32 { return vector ^ (term / 4u % 4u); }

fn rows_at(term: u32, vector: u32) -> vec4f {
  let at = row_place(term, vector) % row_vectors;
  return vec4f(row_slice[term % depth][at][0], row_slice[term % depth][at][1]);
}

fn row_pair_at(term: u32, pair: u32) -> vec2f {
  return row_slice[term % depth][row_place(term, pair / 2u) % row_vectors][pair % 2u];
}

fn put_rows(lane: u32, next: Next) {
  let first = lane % fours * 4u;
  let pair = lane / fours;
  let at = row_place(first, pair / 2u) % row_vectors;
  row_slice[first][at][pair % 2u] = vec2f(next.row0.x, next.row1.x);
  row_slice[first + 1u][at][pair % 2u] = vec2f(next.row0.y, next.row1.y);
  row_slice[first + 2u][at][pair % 2u] = vec2f(next.row0.z, next.row1.z);
  row_slice[first + 3u][at][pair % 2u] = vec2f(next.row0.w, next.row1.w);
}
